{{/* Name of a part's objects: <release>-<component>. Services know the collector by it. Takes root and component. */}}
{{- define "observability.name" -}}
{{- printf "%s-%s" (.root.Release.Name | trunc 40 | trimSuffix "-") .component -}}
{{- end -}}

{{/* Not empty while there is a backend for traces. */}}
{{- define "observability.tracing" -}}
{{- $telemetry := (default dict .Values.global).telemetry | default dict -}}
{{- if or .Values.tracing.enabled (and $telemetry.enabled (empty $telemetry.endpoint)) }}on{{ end -}}
{{- end -}}

{{/* Not empty while somebody keeps logs. */}}
{{- define "observability.logging" -}}
{{- if or .Values.logging.elk.enabled .Values.logging.loki.enabled }}on{{ end -}}
{{- end -}}

{{- define "observability.jaeger" -}}
{{- if and (include "observability.tracing" .) (eq .Values.tracing.backend "jaeger") }}on{{ end -}}
{{- end -}}

{{- define "observability.tempo" -}}
{{- if and (include "observability.tracing" .) (eq .Values.tracing.backend "tempo") }}on{{ end -}}
{{- end -}}

{{- define "observability.collector" -}}
{{- if or (include "observability.tracing" .) (include "observability.logging" .) }}on{{ end -}}
{{- end -}}

{{/* registry/repository:tag; a mirror takes the place of the registry. Takes root and image. */}}
{{- define "observability.image" -}}
{{- $shared := (default dict .root.Values.global).image | default dict -}}
{{- $registry := $shared.mirror | default .image.registry -}}
{{- printf "%s/%s:%s" (trimSuffix "/" $registry) .image.repository .image.tag -}}
{{- end -}}

{{/* The user of the collector in Elasticsearch: it may add logs, and no more. */}}
{{- define "observability.logWriter" -}}
{{- include "observability.name" (dict "root" . "component" "log-writer") -}}
{{- end -}}

{{/* A password that is made once: later releases find it in the cluster and keep it. Takes root and name. */}}
{{- define "observability.password" -}}
{{- $existing := (lookup "v1" "Secret" .root.Release.Namespace .name).data | default dict -}}
{{- $existing.password | default "" | b64dec | default (randAlphaNum 32) -}}
{{- end -}}
