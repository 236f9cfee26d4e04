{{/*
A Job that is tried again until what it needs is there. Its name carries a hash of its pods, so that an upgrade which
changes them makes a new Job (a Job cannot be changed) and one which does not leaves the finished Job alone. Takes a part.
*/}}
{{- define "orderflow.job" -}}
{{- $part := merge (dict "isJob" true) . -}}
{{- $pods := include "orderflow.jobPods" $part -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "orderflow.componentName" . }}-{{ sha256sum $pods | trunc 8 }}
  labels:
    {{- include "orderflow.componentLabels" . | nindent 4 }}
spec:
  backoffLimit: 20
  template:
    {{- $pods | nindent 4 }}
{{- end -}}

{{- define "orderflow.jobPods" -}}
metadata:
  labels:
    {{- include "orderflow.podLabels" . | nindent 4 }}
  {{- with .root.Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "orderflow.podSettings" . | nindent 2 }}
  restartPolicy: {{ .restartPolicy | default "OnFailure" }}
  containers:
    {{- include "orderflow.container" . | nindent 4 }}
  volumes:
    {{- include "orderflow.volumes" . | nindent 4 }}
{{- end -}}
