{{/* The auditor, as orderflow-library/templates/_pod.tpl describes a part. */}}
{{- define "auditor.part" -}}
component: server
ports:
  admin: 9093
  http: 8083
args: [node, src/serve-main.ts]
kafka: true
env:
  HTTP_PORT: "8083"
  ADMIN_PORT: "9093"
  TOPIC: {{ .Values.topic | quote }}
  CONSUMER_GROUP: {{ .Values.consumerGroup | quote }}
  AUDIT_HORIZON_HOURS: {{ .Values.horizonHours | int64 | quote }}
  PROCESSED_EVENTS_RETENTION_HOURS: {{ .Values.processedEventsRetentionHours | int64 | quote }}
databases:
  - prefix: ORDERS_DATABASE
    {{- toYaml .Values.ordersDatabase | nindent 4 }}
  - prefix: ANALYTICS_DATABASE
    {{- toYaml .Values.analyticsDatabase | nindent 4 }}
{{- end -}}
