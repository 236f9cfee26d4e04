{{/* The processor, as orderflow-library/templates/_pod.tpl describes a part. */}}
{{- define "event-processor.part" -}}
component: server
isWatched: true
ports:
  admin: 9092
  http: 8082
kafka: true
env:
  HTTP_PORT: "8082"
  ADMIN_PORT: "9092"
  MIGRATE: "off"
  TOPIC: {{ .Values.topic | quote }}
  DLQ_TOPIC: {{ .Values.deadLetterTopic | quote }}
  CONSUMER_GROUP: {{ .Values.consumerGroup | quote }}
databases:
  - prefix: DATABASE
    {{- toYaml .Values.database | nindent 4 }}
{{- end -}}

{{/* The Job that brings the schema up to date, as the owner of the database. */}}
{{- define "event-processor.migrate" -}}
component: migrate
args: [node, src/migrate-main.ts]
{{- with .Values.migration.runtimeRole }}
env:
  DATABASE_RUNTIME_ROLE: {{ . | quote }}
  {{- with $.Values.migration.auditorRole }}
  DATABASE_AUDITOR_ROLE: {{ . | quote }}
  {{- end }}
{{- end }}
resources: {{ toJson .Values.migration.resources }}
databases:
  - prefix: DATABASE
    url: {{ .Values.database.url | quote }}
    tls: {{ toJson .Values.database.tls }}
    uriSecret: {{ toJson .Values.migration.uriSecret }}
{{- end -}}

{{/* The rebuild of analytics, as the owner of the database. Its end is a verdict: trying again would not change it. */}}
{{- define "event-processor.rebuild" -}}
component: rebuild
args: {{ .Values.rebuild.swap | ternary (list "node" "src/rebuild-main.ts" "--swap") (list "node" "src/rebuild-main.ts") | toJson }}
restartPolicy: Never
kafka: true
env:
  TOPIC: {{ .Values.topic | quote }}
  CONSUMER_GROUP: {{ .Values.consumerGroup | quote }}
  {{- with .Values.config.PROCESSED_EVENTS_RETENTION_HOURS }}
  PROCESSED_EVENTS_RETENTION_HOURS: {{ int . | quote }}
  {{- end }}
resources: {{ toJson .Values.rebuild.resources }}
databases:
  - prefix: DATABASE
    url: {{ .Values.database.url | quote }}
    tls: {{ toJson .Values.database.tls }}
    uriSecret: {{ toJson .Values.migration.uriSecret }}
{{- end -}}
