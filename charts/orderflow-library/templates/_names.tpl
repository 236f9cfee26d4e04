{{/* The chart's name, as in app.kubernetes.io/name. */}}
{{- define "orderflow.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* <release>-<chart>, or only the release when its name says the chart's already. */}}
{{- define "orderflow.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "orderflow.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What a part of the chart is called: the part `server` has the chart's name. Takes root and component. */}}
{{- define "orderflow.componentName" -}}
{{- $fullname := include "orderflow.fullname" .root -}}
{{- if eq .component "server" -}}{{- $fullname -}}{{- else -}}{{- printf "%s-%s" $fullname .component -}}{{- end -}}
{{- end -}}

{{/* Labels that select the pods of all parts of a chart. They never change: a Deployment's selector is immutable. */}}
{{- define "orderflow.selectorLabels" -}}
app.kubernetes.io/name: {{ include "orderflow.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "orderflow.labels" -}}
{{ include "orderflow.selectorLabels" . }}
app.kubernetes.io/part-of: orderflow
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Labels of one part's objects. Takes root and component. */}}
{{- define "orderflow.componentLabels" -}}
{{ include "orderflow.labels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels that select the pods of one part. Takes root and component. */}}
{{- define "orderflow.componentSelector" -}}
{{ include "orderflow.selectorLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of one part's pods. Takes root and component. */}}
{{- define "orderflow.podLabels" -}}
{{ include "orderflow.componentSelector" . }}
app.kubernetes.io/part-of: orderflow
{{- with .root.Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "orderflow.serviceAccountName" -}}
{{- default (include "orderflow.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{/* The chart's value of this key with what `global` says about it on top. Takes root and key; gives YAML. */}}
{{- define "orderflow.shared" -}}
{{- $global := get (default dict .root.Values.global) .key | default dict -}}
{{- toYaml (mergeOverwrite (deepCopy (get .root.Values .key | default dict)) (deepCopy $global)) -}}
{{- end -}}

{{/* registry/repository:tag or @digest. Takes root and, for another image than the chart's own, image. */}}
{{- define "orderflow.image" -}}
{{- $shared := get (default dict .root.Values.global) "image" | default dict -}}
{{- $image := default .root.Values.image .image -}}
{{- $registry := $image.registry | default $shared.registry -}}
{{- $name := empty $registry | ternary $image.repository (printf "%s/%s" (trimSuffix "/" (default "" $registry)) $image.repository) -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name ($image.tag | default $shared.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "orderflow.imagePullPolicy" -}}
{{- $shared := get (default dict .Values.global) "image" | default dict -}}
{{- .Values.image.pullPolicy | default $shared.pullPolicy | default "IfNotPresent" -}}
{{- end -}}
