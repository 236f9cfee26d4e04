{{- define "data.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: orderflow-data
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* annotations of what holds data. */}}
{{- define "data.keep" -}}
{{- if .Values.keepOnUninstall -}}
annotations:
  helm.sh/resource-policy: keep
{{- end -}}
{{- end -}}

{{/* The databases that this chart makes, as a list. */}}
{{- define "data.databases" -}}
{{- $databases := list -}}
{{- range list .Values.ordersDb .Values.analyticsDb -}}
{{- if .enabled -}}{{- $databases = append $databases . -}}{{- end -}}
{{- end -}}
{{- toYaml $databases -}}
{{- end -}}

{{/* An entry of files/kafka-rights.yaml as an ACL of Strimzi. Takes acl and values. */}}
{{- define "data.acl" -}}
{{- $type := "cluster" -}}
{{- $name := "" -}}
{{- with .acl.topic -}}
{{- $type = "topic" -}}
{{- $name = "*" -}}
{{- if ne . "*" -}}{{- $name = (get $.values.topics .).name -}}{{- end -}}
{{- end -}}
{{- with .acl.group -}}
{{- $type = "group" -}}
{{- $name = "*" -}}
{{- if ne . "*" -}}{{- $name = get $.values.users . -}}{{- end -}}
{{- end -}}
- resource:
    type: {{ $type }}
    {{- with $name }}
    name: {{ . | quote }}
    patternType: literal
    {{- end }}
  operations: {{ toJson .acl.operations }}
{{- end -}}
