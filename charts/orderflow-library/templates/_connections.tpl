{{/*
Connections of a part. Secrets are mounted as files and named by KEY_FILE: they appear in no environment and no describe.
  kafka      true: the value `kafka`, with `global.kafka` on top; `login`: without the servers, for who is told them otherwise
  databases  list of {prefix, uriSecret, tls}: prefix of the variables (`DATABASE`), the Secret with the URI, the TLS value
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
{{ .prefix }}_URL_FILE: /etc/orderflow/{{ include "orderflow.databaseDirectory" . }}/uri
{{ .prefix }}_TLS: {{ .tls.mode }}
{{- if and (ne .tls.mode "disable") .tls.caSecret.name }}
{{ .prefix }}_TLS_CA_FILE: /etc/orderflow/{{ include "orderflow.databaseDirectory" . }}-ca/ca.crt
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
      - key: {{ .key }}
        path: {{ .file }}
{{- end }}
{{- end -}}

{{/* Every Secret that a part mounts: only the key that it needs. */}}
{{- define "orderflow.connectionSecrets" -}}
{{- $secrets := list }}
{{- if .kafka }}
{{- $kafka := include "orderflow.shared" (dict "root" .root "key" "kafka") | fromYaml }}
{{- if and $kafka.tls.enabled $kafka.tls.caSecret.name }}
{{- $secrets = append $secrets (dict "directory" "kafka-ca" "name" $kafka.tls.caSecret.name "key" $kafka.tls.caSecret.key "file" "ca.crt") }}
{{- end }}
{{- if $kafka.sasl.enabled }}
{{- $name := $kafka.sasl.passwordSecret.name | default $kafka.sasl.username }}
{{- $secrets = append $secrets (dict "directory" "kafka-user" "name" $name "key" $kafka.sasl.passwordSecret.key "file" "password") }}
{{- end }}
{{- end }}
{{- range .databases }}
{{- $directory := include "orderflow.databaseDirectory" . }}
{{- $secrets = append $secrets (dict "directory" $directory "name" .uriSecret.name "key" .uriSecret.key "file" "uri") }}
{{- if and (ne .tls.mode "disable") .tls.caSecret.name }}
{{- $secrets = append $secrets (dict "directory" (printf "%s-ca" $directory) "name" .tls.caSecret.name "key" .tls.caSecret.key "file" "ca.crt") }}
{{- end }}
{{- end }}
{{- toYaml $secrets }}
{{- end -}}
