{{- define "observability.collectorPart" -}}
component: otel-collector
values: {{ toJson .Values.collector }}
ports: {otlp-grpc: 4317, otlp-http: 4318, health: 13133, metrics: 8888}
services: [otlp-grpc, otlp-http]
alive: otlp-grpc
ready: {path: /, port: health}
args: [--config=/etc/collector/collector.yaml]
filesAt: /etc/collector
files:
  collector.yaml: |
    {{- include "observability.collectorConfig" . | nindent 4 }}
{{- if .Values.logging.elk.enabled }}
secrets:
  - volume: log-writer
    name: {{ include "observability.logWriter" . }}
    at: /etc/log-writer
    items: [{key: password, path: password}]
  - volume: elasticsearch-ca
    name: {{ include "observability.name" (dict "root" . "component" "logs") }}-es-http-certs-public
    at: /etc/elasticsearch-ca
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
ingress:
  - {port: otlp-grpc, from: {{ toJson .Values.networkPolicy.telemetryFrom }}}
  - {port: otlp-http, from: {{ toJson .Values.networkPolicy.telemetryFrom }}}
  {{- $monitoring := include "orderflow.shared" (dict "root" . "key" "monitoring") | fromYaml }}
  {{- $policy := include "orderflow.shared" (dict "root" . "key" "networkPolicy") | fromYaml }}
  {{- if $monitoring.enabled }}
  - {port: metrics, from: {{ toJson $policy.metricsFrom }}}
  {{- end }}
egress:
  {{- if include "observability.jaeger" . }}
  - {port: 4317, to: {{ include "observability.peers" (dict "root" . "component" "jaeger") | fromYamlArray | toJson }}}
  {{- else if include "observability.tempo" . }}
  - {port: 4317, to: {{ include "observability.peers" (dict "root" . "component" "tempo") | fromYamlArray | toJson }}}
  {{- else if include "observability.tracing" . }}
  - {port: {{ splitList ":" .Values.tracing.endpoint | last }}}
  {{- end }}
  {{- if .Values.logging.elk.enabled }}
  - {port: 9200, to: [{podSelector: {matchLabels: {elasticsearch.k8s.elastic.co/cluster-name: {{ include "observability.name" (dict "root" . "component" "logs") }}}}}]}
  {{- end }}
  {{- if .Values.logging.loki.enabled }}
  - {port: 3100, to: {{ include "observability.peers" (dict "root" . "component" "loki") | fromYamlArray | toJson }}}
  {{- end }}
{{- end -}}

{{- define "observability.collectorConfig" -}}
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "0.0.0.0:4317"}
      http: {endpoint: "0.0.0.0:4318"}
processors:
  # Refuses before it runs out of memory; who sends then tries again.
  memory_limiter: {check_interval: 1s, limit_percentage: 80, spike_limit_percentage: 20}
  batch: {}
extensions:
  health_check: {endpoint: "0.0.0.0:13133"}
exporters:
  {{- if include "observability.tracing" . }}
  otlp/traces:
    endpoint: {{ include "observability.traceEndpoint" . }}
    {{- if ne .Values.tracing.backend "external" }}
    tls: {insecure: true}
    {{- else if not .Values.tracing.endpointTls }}
    tls: {insecure: true}
    {{- end }}
  {{- end }}
  {{- if .Values.logging.elk.enabled }}
  elasticsearch/logs:
    endpoints: ["https://{{ include "observability.name" (dict "root" . "component" "logs") }}-es-http:9200"]
    user: {{ include "observability.logWriter" . }}
    password: ${file:/etc/log-writer/password}
    tls: {ca_file: /etc/elasticsearch-ca/ca.crt}
    mapping: {mode: otel}
  {{- end }}
  {{- if .Values.logging.loki.enabled }}
  otlphttp/logs:
    endpoint: http://{{ include "observability.name" (dict "root" . "component" "loki") }}:3100/otlp
  {{- end }}
service:
  extensions: [health_check]
  telemetry:
    metrics:
      readers:
        - pull: {exporter: {prometheus: {host: 0.0.0.0, port: 8888}}}
  pipelines:
    {{- if include "observability.tracing" . }}
    traces: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp/traces]}
    {{- end }}
    {{- if include "observability.logging" . }}
    logs:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters:
        {{- if .Values.logging.elk.enabled }}
        - elasticsearch/logs
        {{- end }}
        {{- if .Values.logging.loki.enabled }}
        - otlphttp/logs
        {{- end }}
    {{- end }}
{{- end -}}

{{/* host:port of the backend of the traces. */}}
{{- define "observability.traceEndpoint" -}}
{{- if eq .Values.tracing.backend "external" -}}
{{- required "observability: tracing.endpoint is needed while tracing.backend is external" .Values.tracing.endpoint -}}
{{- else -}}
{{- printf "%s:4317" (include "observability.name" (dict "root" . "component" .Values.tracing.backend)) -}}
{{- end -}}
{{- end -}}
