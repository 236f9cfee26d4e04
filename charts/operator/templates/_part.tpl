{{/* The operator, as orderflow-library/templates/_pod.tpl describes a part. */}}
{{- define "operator.part" -}}
component: server
usesKubernetesApi: true
kafka: login
ports:
  admin: 9090
env:
  ADMIN_PORT: "9090"
  WATCH_NAMESPACE: {{ .Release.Namespace | quote }}
{{- end -}}
