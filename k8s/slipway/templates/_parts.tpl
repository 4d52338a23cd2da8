{{- define "slipway.labels" -}}
app.kubernetes.io/name: slipway
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "slipway.selector" -}}
app.kubernetes.io/name: slipway
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "slipway.image" -}}
{{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) | quote }}
{{- end -}}

{{- define "slipway.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "slipway.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "slipway.storeUrl" -}}
{{- if .Values.postgres.enabled }}
- name: POSTGRES_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .Values.postgres.passwordSecret }}, key: password}}
- name: SLIPWAY_STORE_URL
  value: postgres://slipway:$(POSTGRES_PASSWORD)@{{ .Release.Name }}-postgres:5432/slipway
{{- else }}
- name: SLIPWAY_STORE_URL
  valueFrom: {secretKeyRef: {name: {{ required "set store.urlSecret, or postgres.enabled" .Values.store.urlSecret }}, key: url}}
{{- end }}
{{- end -}}

{{- define "slipway.env" -}}
- {name: HOME, value: /tmp}
- {name: SLIPWAY_STATE_DIR, value: /var/lib/slipway}
- {name: SLIPWAY_GIT_DIR, value: /var/lib/slipway/git}
- {name: SLIPWAY_METRICS_ADDRESS, value: ":{{ .Values.metrics.port }}"}
- {name: TEMPORAL_ADDRESS, value: {{ .Values.temporal.address | quote }}}
- {name: TEMPORAL_NAMESPACE, value: {{ .Values.temporal.namespace | quote }}}
{{- with .Values.temporal.apiKeySecret }}
- name: TEMPORAL_API_KEY
  valueFrom: {secretKeyRef: {name: {{ . }}, key: api-key}}
{{- end }}
{{ include "slipway.storeUrl" . }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "slipway.volumes" -}}
- name: tmp
  emptyDir: {}
- name: state
  persistentVolumeClaim: {claimName: {{ default (printf "%s-state" .Release.Name) .Values.state.existingClaim }}}
{{- end -}}

{{- define "slipway.scheduling" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
