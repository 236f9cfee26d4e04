{{/*
Traces of a part. A Job makes none. The endpoint is that of the value `telemetry`, with `global.telemetry` on top, or the
collector of charts/observability in the same release.
*/}}

{{- define "orderflow.telemetryEnv" -}}
{{- if not .isJob }}
{{- $telemetry := include "orderflow.shared" (dict "root" .root "key" "telemetry") | fromYaml }}
{{- if $telemetry.enabled }}
OTEL_SERVICE_NAME: {{ include "orderflow.telemetryName" . | quote }}
OTEL_RESOURCE_ATTRIBUTES: {{ printf "service.namespace=%s,service.version=%s" .root.Release.Namespace .root.Chart.AppVersion | quote }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ include "orderflow.telemetryEndpoint" .root | quote }}
OTEL_TRACES_SAMPLER: parentbased_traceidratio
OTEL_TRACES_SAMPLER_ARG: {{ $telemetry.samplingRatio | quote }}
{{- else }}
OTEL_SDK_DISABLED: "true"
{{- end }}
{{- end }}
{{- end -}}

{{/* The name of the program in traces, whatever the release is called. Takes a part. */}}
{{- define "orderflow.telemetryName" -}}
{{- eq .component "server" | ternary .root.Chart.Name (printf "%s-%s" .root.Chart.Name .component) -}}
{{- end -}}

{{- define "orderflow.telemetryEndpoint" -}}
{{- $telemetry := include "orderflow.shared" (dict "root" . "key" "telemetry") | fromYaml -}}
{{- $telemetry.endpoint | default (printf "http://%s-otel-collector:4318" (.Release.Name | trunc 40 | trimSuffix "-")) -}}
{{- end -}}

{{/* The flow to whoever takes the traces, as a list for a NetworkPolicy. Takes a part; gives YAML. */}}
{{- define "orderflow.telemetryFlows" -}}
{{- $telemetry := include "orderflow.shared" (dict "root" .root "key" "telemetry") | fromYaml -}}
{{- if and $telemetry.enabled (not .isJob) -}}
{{- $policy := include "orderflow.shared" (dict "root" .root "key" "networkPolicy") | fromYaml -}}
{{- $url := urlParse (include "orderflow.telemetryEndpoint" .root) -}}
{{- $port := splitList ":" $url.host | rest | join "" | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- toYaml (list (dict "port" (int $port) "to" $policy.telemetryTo)) -}}
{{- end -}}
{{- end -}}
