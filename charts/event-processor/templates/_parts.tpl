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
