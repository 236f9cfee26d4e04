{{- define "platform.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: orderflow
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Name and port of the gateway's Service. */}}
{{- define "platform.gateway" -}}
{{- $values := get .Values "api-gateway" -}}
{{- include "orderflow.fullname" (dict "Chart" (dict "Name" "api-gateway") "Release" .Release "Values" $values) -}}
{{- end -}}
