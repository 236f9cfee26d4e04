{{/*
What others built and we run: one Deployment, its Service, its NetworkPolicy, and its files as a ConfigMap. Takes
  root        the chart's scope
  component   name of the part
  values      the part's values: image, resources, and replicas if there may be several
  ports       container ports by name; those in `services` are served by the Service as well
  ready       {path, port}: HTTP that answers once the part works
  alive       name of the port that takes connections as long as the part lives
  args, env, capabilities   optional
  files       texts by file name, mounted at `filesAt`
  writable    paths that are written to, by the names of their volumes (`tmp` is there anyway), each with a size
  secrets     files of Secrets: list of {volume, name, at, items}
  ingress, egress   as orderflow-library/templates/_network-policy.tpl describes them
*/}}
{{- define "observability.workload" -}}
{{- $name := include "observability.name" . -}}
{{- with .files }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  labels:
    {{- include "orderflow.componentLabels" $ | nindent 4 }}
data:
  {{- range $file, $text := . }}
  {{ $file }}: |
    {{- $text | nindent 4 }}
  {{- end }}
---
{{- end }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels:
    {{- include "orderflow.componentLabels" . | nindent 4 }}
spec:
  replicas: {{ .values.replicas | default 1 }}
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "orderflow.componentSelector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "orderflow.componentSelector" . | nindent 8 }}
        app.kubernetes.io/part-of: orderflow
      {{- with .files }}
      annotations:
        # A new configuration makes new pods.
        checksum/files: {{ toJson . | sha256sum }}
      {{- end }}
    spec:
      {{- include "orderflow.podSettings" . | nindent 6 }}
      containers:
        {{- include "observability.container" . | nindent 8 }}
      volumes:
        {{- include "observability.volumes" . | trim | nindent 8 }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- include "orderflow.componentLabels" . | nindent 4 }}
spec:
  selector:
    {{- include "orderflow.componentSelector" . | nindent 4 }}
  ports:
    {{- range .services }}
    - {name: {{ . }}, port: {{ get $.ports . }}, targetPort: {{ . }}, protocol: TCP}
    {{- end }}
{{- include "observability.networkPolicy" . }}
{{- end -}}

{{- define "observability.container" -}}
- name: {{ .component }}
  image: {{ include "observability.image" (dict "root" .root "image" .values.image) | quote }}
  imagePullPolicy: {{ ((default dict .root.Values.global).image | default dict).pullPolicy | default "IfNotPresent" }}
  {{- with .args }}
  args: {{ toJson . }}
  {{- end }}
  securityContext:
    {{- $security := include "orderflow.containerSecurityContext" .root | fromYaml }}
    {{- with .capabilities }}{{ $_ := set $security.capabilities "add" . }}{{ end }}
    {{- toYaml $security | nindent 4 }}
  {{- with .env }}
  env:
    {{- range $key, $value := . }}
    - {name: {{ $key }}, value: {{ toString $value | quote }}}
    {{- end }}
  {{- end }}
  ports:
    {{- range $port, $number := .ports }}
    - {name: {{ $port }}, containerPort: {{ $number }}, protocol: TCP}
    {{- end }}
  startupProbe:
    tcpSocket: {port: {{ .alive }}}
    periodSeconds: 2
    failureThreshold: 90
  readinessProbe:
    httpGet: {path: {{ .ready.path }}, port: {{ .ready.port }}}
    periodSeconds: 5
    timeoutSeconds: 3
  livenessProbe:
    tcpSocket: {port: {{ .alive }}}
    periodSeconds: 10
    timeoutSeconds: 5
  resources:
    {{- toYaml .values.resources | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- if .files }}
    - {name: files, mountPath: {{ .filesAt }}, readOnly: true}
    {{- end }}
    {{- range $volume, $of := .writable }}
    - {name: {{ $volume }}, mountPath: {{ $of.at }}}
    {{- end }}
    {{- range .secrets }}
    - {name: {{ .volume }}, mountPath: {{ .at }}, readOnly: true}
    {{- end }}
{{- end -}}

{{- define "observability.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 64Mi}
{{- if .files }}
- name: files
  configMap:
    name: {{ include "observability.name" . }}
{{- end }}
{{- range $volume, $of := .writable }}
- name: {{ $volume }}
  emptyDir: {sizeLimit: {{ $of.size }}}
{{- end }}
{{- range .secrets }}
- name: {{ .volume }}
  secret:
    secretName: {{ .name }}
    defaultMode: 288 # 0440, as a number that all readers of YAML agree on
    items: {{ toJson .items }}
{{- end }}
{{- end -}}

{{- define "observability.networkPolicy" -}}
{{- $policy := include "orderflow.shared" (dict "root" .root "key" "networkPolicy") | fromYaml -}}
{{- if $policy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "observability.name" . }}
  labels:
    {{- include "orderflow.componentLabels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "orderflow.componentSelector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- include "orderflow.flows" (dict "peers" "from" "flows" .ingress) | trim | nindent 4 }}
  egress:
    # DNS, wherever this cluster runs it.
    - ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
    {{- with include "orderflow.flows" (dict "peers" "to" "flows" .egress) | trim }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end }}
{{- end -}}

{{/* The pods of another part of this chart, as peers. Takes root and component. */}}
{{- define "observability.peers" -}}
- podSelector:
    matchLabels:
      {{- include "orderflow.componentSelector" . | nindent 6 }}
{{- end -}}
