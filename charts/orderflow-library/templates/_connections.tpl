{{/*
Connections of a part. Secrets are mounted as files and named by KEY_FILE: they appear in no environment and no describe.
  kafka      true: the value `kafka`, with `global.kafka` on top; `login`: without the servers, for who is told them otherwise
  databases  list of {prefix, url, uriSecret, tls}: prefix of the variables (`DATABASE`); the URL, when the Secret holds only
             user name and password; the Secret; the TLS value
*/}}

{{- define "orderflow.connectionEnv" -}}
{{- if .kafka }}
{{- $kafka := include "orderflow.shared" (dict "root" .root "key" "kafka") | fromYaml }}
{{- if ne (toString .kafka) "login" }}
KAFKA_BOOTSTRAP_SERVERS: {{ $kafka.bootstrapServers | quote }}
{{- end }}
{{- if $kafka.tls.enabled }}
KAFKA_TLS: "true"
{{- if $kafka.tls.caSecret.name }}
KAFKA_TLS_CA_FILE: /etc/orderflow/kafka-ca/ca.crt
{{- end }}
{{- end }}
{{- if $kafka.sasl.enabled }}
KAFKA_SASL_USERNAME: {{ required (printf "%s: kafka.sasl.username is needed while kafka.sasl.enabled is true" .root.Chart.Name) $kafka.sasl.username | quote }}
KAFKA_SASL_PASSWORD_FILE: /etc/orderflow/kafka-user/password
{{- end }}
{{- end }}
{{- range .databases }}
{{- $directory := printf "/etc/orderflow/%s" (include "orderflow.databaseDirectory" .) }}
{{- if .url }}
{{ .prefix }}_URL: {{ .url | quote }}
{{ .prefix }}_USER_FILE: {{ $directory }}/username
{{ .prefix }}_PASSWORD_FILE: {{ $directory }}/password
{{- else }}
{{ .prefix }}_URL_FILE: {{ $directory }}/uri
{{- end }}
{{ .prefix }}_TLS: {{ .tls.mode }}
{{- if and (ne .tls.mode "disable") .tls.caSecret.name }}
{{ .prefix }}_TLS_CA_FILE: {{ $directory }}-ca/ca.crt
{{- end }}
{{- end }}
{{- end -}}

{{/* ORDERS_DATABASE -> orders-database */}}
{{- define "orderflow.databaseDirectory" -}}
{{- .prefix | lower | replace "_" "-" -}}
{{- end -}}

{{- define "orderflow.connectionMounts" -}}
{{- range (include "orderflow.connectionSecrets" . | fromYamlArray) }}
- name: {{ .directory }}
  mountPath: /etc/orderflow/{{ .directory }}
  readOnly: true
{{- end }}
{{- end -}}

{{- define "orderflow.connectionVolumes" -}}
{{- range (include "orderflow.connectionSecrets" . | fromYamlArray) }}
- name: {{ .directory }}
  secret:
    secretName: {{ .name }}
    defaultMode: 288 # 0440, as a number that all readers of YAML agree on
    items:
      {{- range $file, $key := .files }}
      - key: {{ $key }}
        path: {{ $file }}
      {{- end }}
{{- end }}
{{- end -}}

{{/* Every Secret that a part mounts: only the keys that it needs, as files. */}}
{{- define "orderflow.connectionSecrets" -}}
{{- $secrets := list }}
{{- if .kafka }}
{{- $kafka := include "orderflow.shared" (dict "root" .root "key" "kafka") | fromYaml }}
{{- if and $kafka.tls.enabled $kafka.tls.caSecret.name }}
{{- $secrets = append $secrets (dict "directory" "kafka-ca" "name" $kafka.tls.caSecret.name "files" (dict "ca.crt" $kafka.tls.caSecret.key)) }}
{{- end }}
{{- if $kafka.sasl.enabled }}
{{- $name := $kafka.sasl.passwordSecret.name | default $kafka.sasl.username }}
{{- $secrets = append $secrets (dict "directory" "kafka-user" "name" $name "files" (dict "password" $kafka.sasl.passwordSecret.key)) }}
{{- end }}
{{- end }}
{{- range .databases }}
{{- $directory := include "orderflow.databaseDirectory" . }}
{{- $files := empty .url | ternary (dict "uri" .uriSecret.key) (dict "username" "username" "password" "password") }}
{{- $secrets = append $secrets (dict "directory" $directory "name" .uriSecret.name "files" $files) }}
{{- if and (ne .tls.mode "disable") .tls.caSecret.name }}
{{- $secrets = append $secrets (dict "directory" (printf "%s-ca" $directory) "name" .tls.caSecret.name "files" (dict "ca.crt" .tls.caSecret.key)) }}
{{- end }}
{{- end }}
{{- toYaml $secrets }}
{{- end -}}
