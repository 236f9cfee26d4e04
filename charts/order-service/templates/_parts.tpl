{{/* The API, and by default the publisher with it, as orderflow-library/templates/_pod.tpl describes a part. */}}
{{- define "order-service.api" -}}
{{- $publishes := eq .Values.publisher.mode "embedded" -}}
component: server
isWatched: true
ports:
  admin: 9091
  http: 8081
kafka: {{ $publishes }}
env:
  HTTP_PORT: "8081"
  PUBLISHER: {{ $publishes | ternary "on" "off" | quote }}
  {{- include "order-service.commonEnv" . | nindent 2 }}
{{ include "order-service.database" . }}
{{- end -}}

{{/* The publisher as a Deployment of its own. */}}
{{- define "order-service.publisher" -}}
component: publisher
isWatched: true
ports:
  admin: 9091
kafka: true
env:
  PUBLISHER: only
  {{- include "order-service.commonEnv" . | nindent 2 }}
databases:
  - prefix: DATABASE
    url: {{ .Values.database.url | quote }}
    tls: {{ toJson .Values.database.tls }}
    uriSecret: {{ toJson (empty .Values.publisher.uriSecret.name | ternary .Values.database.uriSecret .Values.publisher.uriSecret) }}
{{- end -}}

{{- define "order-service.commonEnv" -}}
ADMIN_PORT: "9091"
MIGRATE: "off"
TOPIC: {{ .Values.topics.orderEvents | quote }}
{{- end -}}

{{- define "order-service.database" -}}
databases:
  - prefix: DATABASE
    {{- toYaml .Values.database | nindent 4 }}
{{- end -}}

{{/* The Job that brings the schema up to date, as the owner of the database. */}}
{{- define "order-service.migrate" -}}
component: migrate
args: [node, src/migrate-main.ts]
{{- with .Values.migration.runtimeRole }}
env:
  DATABASE_RUNTIME_ROLE: {{ . | quote }}
  {{- $own := and (eq $.Values.publisher.mode "separate") $.Values.migration.publisherRole }}
  DATABASE_PUBLISHER_ROLE: {{ $own | default . | quote }}
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

{{/* The Job that creates missing topics. */}}
{{- define "order-service.topics" -}}
component: topics
args: [node, src/topics-main.ts]
kafka: true
env:
  TOPIC: {{ .Values.topics.orderEvents | quote }}
  DLQ_TOPIC: {{ .Values.topics.deadLetters | quote }}
  TOPIC_PARTITIONS: {{ .Values.topics.partitions | int | quote }}
  {{- with .Values.topics.replicationFactor }}
  TOPIC_REPLICATION_FACTOR: {{ . | int | quote }}
  {{- end }}
resources: {{ toJson .Values.migration.resources }}
{{- end -}}
