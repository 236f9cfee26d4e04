{{/* The load generator, as orderflow-library/templates/_pod.tpl describes a part. */}}
{{- define "load-generator.load" -}}
component: load
containerName: load-generator
env:
  LOADGEN_URL: {{ tpl .Values.load.url . | quote }}
  {{- if .Values.load.stages }}
  LOADGEN_STAGES: {{ .Values.load.stages | quote }}
  {{- else }}
  LOADGEN_RATE: {{ .Values.load.rate | quote }}
  {{- end }}
  LOADGEN_DURATION: {{ .Values.load.duration | quote }}
  {{- with .Values.load.warmup }}
  LOADGEN_WARMUP: {{ . | quote }}
  {{- end }}
  LOADGEN_CUSTOMERS: {{ .Values.load.customers | int64 | quote }}
  LOADGEN_PRODUCTS: {{ .Values.load.products | int64 | quote }}
  LOADGEN_MAX_ITEMS: {{ .Values.load.maxItems | int64 | quote }}
  LOADGEN_PAYMENTS: {{ .Values.load.payments | quote }}
  LOADGEN_SHIPMENTS: {{ .Values.load.shipments | quote }}
  LOADGEN_CANCELLATIONS: {{ .Values.load.cancellations | quote }}
  LOADGEN_IDEMPOTENT: {{ .Values.load.idempotent | quote }}
  LOADGEN_RETRIES: {{ .Values.load.retries | quote }}
  LOADGEN_CONNECTIONS: {{ .Values.load.connections | int64 | quote }}
  LOADGEN_TIMEOUT: {{ .Values.load.timeout | quote }}
  LOADGEN_READY_TIMEOUT: {{ .Values.load.readyTimeout | quote }}
  LOADGEN_SEED: {{ .Values.load.seed | int64 | quote }}
  {{- with .Values.load.slos }}
  LOADGEN_SLO: {{ join "," . | quote }}
  {{- end }}
  LOADGEN_PROGRESS: json
  LOADGEN_RECEIPTS: /work/receipts.jsonl
mounts:
  - {name: work, mountPath: /work}
{{- end -}}

{{/* The auditor, in the same pod: it reads what the load generator wrote down. */}}
{{- define "load-generator.audit" -}}
component: load
containerName: auditor
kafka: true
env:
  AUDIT_RECEIPTS: /work/receipts.jsonl
  AUDIT_WAIT: {{ .Values.audit.wait | quote }}
  TOPIC: {{ .Values.audit.topic | quote }}
  CONSUMER_GROUP: {{ .Values.audit.consumerGroup | quote }}
databases:
  - prefix: ORDERS_DATABASE
    {{- toYaml .Values.audit.ordersDatabase | nindent 4 }}
  - prefix: ANALYTICS_DATABASE
    {{- toYaml .Values.audit.analyticsDatabase | nindent 4 }}
resources: {{ toJson .Values.audit.resources }}
mounts:
  - {name: work, mountPath: /work}
{{- end -}}

{{/* The auditor's image: registry and tag are the load generator's unless it has its own. */}}
{{- define "load-generator.auditImage" -}}
{{- $image := deepCopy .Values.audit.image -}}
{{- $_ := set $image "registry" ($image.registry | default .Values.image.registry) -}}
{{- $_ := set $image "tag" ($image.tag | default .Values.image.tag) -}}
{{- toYaml $image -}}
{{- end -}}
