{{/* The operator, as orderflow-library/templates/_pod.tpl describes a part. */}}
{{- define "operator.part" -}}
component: server
isWatched: true
usesKubernetesApi: true
kafka: login
ports:
  admin: 9090
env:
  ADMIN_PORT: "9090"
  # Half of what it takes is the Kubernetes client; without a bound the heap grows with the machine.
  NODE_OPTIONS: --max-semi-space-size=4 --max-old-space-size=128
  WATCH_NAMESPACE: {{ .Release.Namespace | quote }}
{{- end -}}
