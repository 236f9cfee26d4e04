{{/*
A NetworkPolicy for one part: everything is denied but DNS and the named flows. Takes a part and
  ingress   list of {port, from}: an empty `from` lets everybody in
  egress    list of {port, to}: an empty `to` reaches everything on that port
The part's own `kafka` and `databases` open the flows to them, `isWatched` that from the console, and the value `telemetry`
that to the collector. Renders nothing while the policies are off.
*/}}
{{- define "orderflow.networkPolicy" -}}
{{- $policy := include "orderflow.shared" (dict "root" .root "key" "networkPolicy") | fromYaml -}}
{{- if $policy.enabled -}}
{{- $ingress := .ingress | default list -}}
{{- $monitoring := include "orderflow.shared" (dict "root" .root "key" "monitoring") | fromYaml -}}
{{- if and $monitoring.enabled (not .isJob) -}}
{{- $ingress = append $ingress (dict "port" "admin" "from" $policy.metricsFrom) -}}
{{- end -}}
{{- if .isWatched -}}
{{- $ingress = append $ingress (dict "port" "admin" "from" (include "orderflow.peerOf" (dict "root" .root "name" "console") | fromYamlArray)) -}}
{{- end -}}
{{- $egress := .egress | default list -}}
{{- if .kafka -}}
{{- $kafka := include "orderflow.shared" (dict "root" .root "key" "kafka") | fromYaml -}}
{{- $port := splitList "," $kafka.bootstrapServers | first | splitList ":" | last | int -}}
{{- $egress = append $egress (dict "port" $port "to" $policy.kafkaTo) -}}
{{- end -}}
{{- range (include "orderflow.telemetryFlows" . | fromYamlArray) -}}
{{- $egress = append $egress . -}}
{{- end -}}
{{- if .databases -}}
{{- $egress = append $egress (dict "port" $policy.databasePort "to" $policy.databaseTo) -}}
{{- end -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "orderflow.componentName" . }}
  labels:
    {{- include "orderflow.componentLabels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "orderflow.componentSelector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with include "orderflow.flows" (dict "peers" "from" "flows" $ingress "extra" $policy.extraIngress) | trim }}
  ingress:
    {{- . | nindent 4 }}
  {{- else }}
  ingress: []
  {{- end }}
  egress:
    # DNS, wherever this cluster runs it.
    - ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
    {{- with include "orderflow.flows" (dict "peers" "to" "flows" $egress "extra" $policy.extraEgress) | trim }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end -}}
{{- end -}}

{{- define "orderflow.flows" -}}
{{- $peers := .peers -}}
{{- range .flows }}
- ports:
    - {port: {{ .port }}, protocol: TCP}
  {{- with get . $peers }}
  {{ $peers }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- with .extra }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The pods of another chart of the same release, as peers. Takes root and name. */}}
{{- define "orderflow.peerOf" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ .name }}
      app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{/* The port of an origin such as http://host:8081. */}}
{{- define "orderflow.portOf" -}}
{{- $url := urlParse . -}}
{{- $port := splitList ":" $url.host | rest | join "" -}}
{{- $port | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}
