{{/* The gateway, as orderflow-library/templates/_pod.tpl describes a part. */}}
{{- define "api-gateway.part" -}}
component: server
isWatched: true
ports:
  admin: 9090
  http: 8080
env:
  HTTP_PORT: "8080"
  ADMIN_PORT: "9090"
  ORDER_SERVICE_URL: {{ tpl .Values.upstreams.orders . | quote }}
  EVENT_PROCESSOR_URL: {{ tpl .Values.upstreams.analytics . | quote }}
  RATE_LIMIT_PER_SECOND: {{ .Values.rateLimit.perSecond | quote }}
  {{- if .Values.rateLimit.burst }}
  RATE_LIMIT_BURST: {{ .Values.rateLimit.burst | int64 | quote }}
  {{- end }}
  ORDER_QUEUE_TARGET_MS: {{ .Values.overload.orderQueueTargetMs | int64 | quote }}
  TRUST_PROXY_HOPS: {{ .Values.trustProxyHops | quote }}
{{- with .Values.apiKeys.secret }}
{{- if .name }}
  API_KEYS_FILE: /etc/orderflow/api-keys/api-keys
mounts:
  - {name: api-keys, mountPath: /etc/orderflow/api-keys, readOnly: true}
volumes:
  - name: api-keys
    secret:
      secretName: {{ .name | quote }}
      defaultMode: 288 # 0440
      items:
        - {key: {{ .key | quote }}, path: api-keys}
{{- end }}
{{- end }}
{{- end -}}
