{{/* A Service for one part's port `http`. Takes root, component and port; the value `service` gives the rest. */}}
{{- define "orderflow.service" -}}
{{- $service := .root.Values.service -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "orderflow.componentName" . }}
  labels:
    {{- include "orderflow.componentLabels" . | nindent 4 }}
  {{- with $service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $service.type | default "ClusterIP" }}
  selector:
    {{- include "orderflow.componentSelector" . | nindent 4 }}
  ports:
    - name: http
      port: {{ $service.port }}
      targetPort: http
      protocol: TCP
      appProtocol: http
      {{- if and (eq (default "ClusterIP" $service.type) "NodePort") $service.nodePort }}
      nodePort: {{ $service.nodePort }}
      {{- end }}
{{- end -}}

{{/* Pods with a port `admin`: those of a chart's Deployments, not of its Jobs. */}}
{{- define "orderflow.adminLabel" -}}
orderflow.dev/admin: "true"
{{- end -}}

{{/* A name that has the address of every pod of the chart, also of those that are not ready. Takes a part with the port `admin`. */}}
{{- define "orderflow.adminService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "orderflow.fullname" .root }}-admin
  labels:
    {{- include "orderflow.labels" .root | nindent 4 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "orderflow.selectorLabels" .root | nindent 4 }}
    {{- include "orderflow.adminLabel" . | nindent 4 }}
  ports:
    - name: admin
      port: {{ .ports.admin }}
      targetPort: admin
      protocol: TCP
      appProtocol: http
{{- end -}}

{{/* At most one pod of a part is taken away at a time by a node drain. Takes root and component. */}}
{{- define "orderflow.podDisruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "orderflow.componentName" . }}
  labels:
    {{- include "orderflow.componentLabels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  # A pod that is not ready protects nothing and must not block a drain.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "orderflow.componentSelector" . | nindent 6 }}
{{- end -}}

{{- define "orderflow.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "orderflow.serviceAccountName" . }}
  labels:
    {{- include "orderflow.labels" . | nindent 4 }}
  {{- with .Values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}
{{- end -}}

{{/* Scrapes the port `admin` of every pod of the chart. Renders nothing while monitoring is off. */}}
{{- define "orderflow.podMonitor" -}}
{{- $monitoring := include "orderflow.shared" (dict "root" . "key" "monitoring") | fromYaml -}}
{{- if $monitoring.enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ include "orderflow.fullname" . }}
  labels:
    {{- include "orderflow.labels" . | nindent 4 }}
    {{- with $monitoring.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  # Without it `job` would hold the release's name, which dashboards and alerts cannot know.
  jobLabel: app.kubernetes.io/name
  selector:
    matchLabels:
      {{- include "orderflow.selectorLabels" . | nindent 6 }}
  podMetricsEndpoints:
    - port: admin
      path: /metrics
      interval: {{ $monitoring.interval }}
{{- end -}}
{{- end -}}
