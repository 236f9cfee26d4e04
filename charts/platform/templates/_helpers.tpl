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

{{/* URL of the auditor's Service; empty when it is not part of the release. */}}
{{- define "platform.auditor" -}}
{{- $values := .Values.auditor -}}
{{- if ne (get $values "enabled" | toString) "false" -}}
{{- $name := include "orderflow.fullname" (dict "Chart" (dict "Name" "auditor") "Release" .Release "Values" $values) -}}
http://{{ $name }}:{{ $values.service.port }}
{{- end -}}
{{- end -}}

{{/* Name of the console's Service; empty when it is not part of the release. */}}
{{- define "platform.console" -}}
{{- $values := .Values.console -}}
{{- if ne (get $values "enabled" | toString) "false" -}}
{{- include "orderflow.fullname" (dict "Chart" (dict "Name" "console") "Release" .Release "Values" $values) -}}
{{- end -}}
{{- end -}}

{{/* Not empty when all services are part of the release. */}}
{{- define "platform.isWhole" -}}
{{- $values := .Values -}}
{{- $isWhole := true -}}
{{- range $name := list "api-gateway" "order-service" "event-processor" -}}
{{- if eq (get (get $values $name) "enabled" | toString) "false" }}{{ $isWhole = false }}{{ end -}}
{{- end -}}
{{- if $isWhole }}whole{{ end -}}
{{- end -}}
