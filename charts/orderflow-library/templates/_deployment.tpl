{{/*
A Deployment that loses no request in a rollout: a new pod is ready and has stood for 5 s before an old one goes, and an
old one serves on for 5 s, then finishes what is in flight (20 s). Takes a part, and `replicas`: left out, the field is
not rendered and whoever scales the Deployment is its only writer.
*/}}
{{- define "orderflow.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "orderflow.componentName" . }}
  labels:
    {{- include "orderflow.componentLabels" . | nindent 4 }}
spec:
  {{- if not (kindIs "invalid" .replicas) }}
  replicas: {{ .replicas }}
  {{- end }}
  minReadySeconds: 5
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      {{- include "orderflow.componentSelector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "orderflow.podLabels" . | nindent 8 }}
        {{- include "orderflow.adminLabel" . | nindent 8 }}
      {{- with .root.Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "orderflow.podSettings" . | nindent 6 }}
      terminationGracePeriodSeconds: 45
      topologySpreadConstraints:
        {{- include "orderflow.topologySpread" . | trim | nindent 8 }}
      containers:
        {{- include "orderflow.container" . | nindent 8 }}
      volumes:
        {{- include "orderflow.volumes" . | nindent 8 }}
{{- end -}}
