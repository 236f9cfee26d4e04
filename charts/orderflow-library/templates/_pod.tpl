{{/*
A part is described once, by a dictionary that the defines below take:
  root        the chart's scope
  component   `server` or the name of another part
  env         plain environment variables by name; the value `config` goes over them
  ports       container ports by name
  kafka       whether the part talks to Kafka (see _connections.tpl)
  databases   the databases that it talks to (see _connections.tpl)
  isWatched   whether the console reads the port `admin` of its pods (see _objects.tpl)
  args        the program and its arguments, when not those of the image
  resources, volumes, mounts   optional
*/}}

{{/* Restricted Pod Security, for the pod. */}}
{{- define "orderflow.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* Restricted Pod Security, for each container. */}}
{{- define "orderflow.containerSecurityContext" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* env entries: plain variables (the value `config` wins), connections, `extraEnv`. Takes a part. */}}
{{- define "orderflow.env" -}}
{{- $env := dict "LOG_LEVEL" .root.Values.logLevel -}}
{{- $env = mergeOverwrite $env (default dict .env) (include "orderflow.connectionEnv" . | fromYaml) (include "orderflow.telemetryEnv" . | fromYaml) -}}
{{- if not .isJob }}{{ $env = mergeOverwrite $env (deepCopy .root.Values.config) }}{{ end -}}
{{- range $name, $value := $env }}
- name: {{ $name }}
  value: {{ kindIs "float64" $value | ternary (int64 $value | toString) (toString $value) | quote }}
{{- end }}
{{- with .root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* One container of a part. Takes a part; `probes: false` leaves the probes out. */}}
{{- define "orderflow.container" -}}
- name: {{ .containerName | default (include "orderflow.name" .root) }}
  image: {{ include "orderflow.image" . | quote }}
  imagePullPolicy: {{ include "orderflow.imagePullPolicy" .root }}
  {{- with .args }}
  command: {{ toJson . }}
  {{- end }}
  securityContext:
    {{- include "orderflow.containerSecurityContext" .root | nindent 4 }}
  env:
    {{- include "orderflow.env" . | trim | nindent 4 }}
  {{- with .ports }}
  ports:
    {{- range $name, $port := . }}
    - name: {{ $name }}
      containerPort: {{ $port }}
      protocol: TCP
    {{- end }}
  {{- end }}
  {{- if not .isJob }}
  {{- include "orderflow.probes" . | nindent 2 }}
  {{- if hasKey .ports "http" }}
  lifecycle:
    preStop:
      # Keeps serving until the endpoint slices that name this pod have reached every node.
      sleep:
        seconds: 5
  {{- end }}
  {{- end }}
  resources:
    {{- toYaml (default .root.Values.resources .resources) | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    {{- with .mounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with include "orderflow.connectionMounts" . | trim }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with .root.Values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* Liveness only asks whether the event loop turns: a restart would mend no dependency. */}}
{{- define "orderflow.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: admin}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 120
readinessProbe:
  httpGet: {path: /readyz, port: admin}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /healthz, port: admin}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}

{{/* Volumes of a part. */}}
{{- define "orderflow.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- with .volumes }}
{{ toYaml . }}
{{- end }}
{{- with include "orderflow.connectionVolumes" . | trim }}
{{ . }}
{{- end }}
{{- with .root.Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What a pod of any kind says about itself beside its containers. Takes a part. */}}
{{- define "orderflow.podSettings" -}}
serviceAccountName: {{ include "orderflow.serviceAccountName" .root }}
automountServiceAccountToken: {{ default false .usesKubernetesApi }}
enableServiceLinks: false
securityContext:
  {{- include "orderflow.podSecurityContext" .root | nindent 2 }}
{{- with .root.Values.imagePullSecrets | default (default dict .root.Values.global).imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Spreads the pods of one revision over zones and nodes, where there are several. Takes a part. */}}
{{- define "orderflow.topologySpread" -}}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- topologyKey: {{ $key }}
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "orderflow.componentSelector" $ | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}
