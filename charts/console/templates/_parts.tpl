{{/* The console, as orderflow-library/templates/_pod.tpl describes a part. */}}
{{- define "console.part" -}}
component: server
ports:
  admin: 9094
  http: 8084
env:
  HTTP_PORT: "8084"
  ADMIN_PORT: "9094"
  GATEWAY_URL: {{ tpl .Values.sources.gateway . | quote }}
  {{- range $key, $name := dict "auditor" "AUDITOR_URL" "gatewayAdmin" "API_GATEWAY_ADMIN_URL" "ordersAdmin" "ORDER_SERVICE_ADMIN_URL" "processorAdmin" "EVENT_PROCESSOR_ADMIN_URL" "operatorAdmin" "OPERATOR_ADMIN_URL" "lagScaler" "LAG_SCALER" }}
  {{- with get $.Values.sources $key }}
  {{ $name }}: {{ tpl . $ | quote }}
  {{- end }}
  {{- end }}
  CONSOLE_ALLOWED_HOSTS: {{ include "console.allowedHosts" . | quote }}
  {{- if .Values.gatewayApiKey.secret.name }}
  GATEWAY_API_KEY_FILE: /etc/orderflow/gateway-api-key/gateway-api-key
  {{- end }}
  {{- if .Values.password.secret.name }}
  CONSOLE_API_KEY_FILE: /etc/orderflow/console-api-key/console-api-key
  {{- end }}
mounts: {{ include "console.mounts" . | fromYamlArray | toJson }}
volumes: {{ include "console.volumes" . | fromYamlArray | toJson }}
{{- end -}}

{{/* The names of the Service, as pods of this cluster know it, and more. */}}
{{- define "console.allowedHosts" -}}
{{- $name := include "orderflow.fullname" . -}}
{{- $own := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) -}}
{{- has "*" .Values.allowedHosts | ternary "*" (concat $own .Values.allowedHosts | join ",") -}}
{{- end -}}

{{/* The Secrets by the names of their files. */}}
{{- define "console.secrets" -}}
{{- toYaml (dict "gateway-api-key" .Values.gatewayApiKey.secret "console-api-key" .Values.password.secret) -}}
{{- end -}}

{{- define "console.mounts" -}}
{{- range $file, $secret := include "console.secrets" . | fromYaml }}
{{- if $secret.name }}
- {name: {{ $file }}, mountPath: /etc/orderflow/{{ $file }}, readOnly: true}
{{- end }}
{{- end }}
{{- end -}}

{{- define "console.volumes" -}}
{{- range $file, $secret := include "console.secrets" . | fromYaml }}
{{- if $secret.name }}
- name: {{ $file }}
  secret:
    secretName: {{ $secret.name | quote }}
    defaultMode: 288 # 0440
    items:
      - {key: {{ $secret.key | quote }}, path: {{ $file }}}
{{- end }}
{{- end }}
{{- end -}}
