{{/* Template of a pod: dict root, service, zone (an entry of values.zones), region */}}
{{- define "trent.pod" -}}
{{- $root := .root -}}
{{- $values := index $root.Values (include "trent.valuesKey" .service) -}}
{{- $place := dict "root" $root "service" .service "zone" .zone.name "region" .region -}}
metadata:
  labels:
    {{- include "trent.labels" $place | nindent 4 }}
  {{- with $values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "trent.fullname" $root }}-{{ .service }}
  automountServiceAccountToken: false
  # Kubernetes would set TRENT_…_SERVICE_HOST for Services of the namespace, and variables that a service does not know stop its start.
  enableServiceLinks: false
  # 5 s for the endpoints to be forgotten, 10 s of draining, the rest is reserve.
  terminationGracePeriodSeconds: 30
  nodeSelector:
    {{ $root.Values.zoneLabel }}: {{ .zone.node | quote }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: {{ $root.Values.zoneLabel }}
      whenUnsatisfiable: DoNotSchedule
      # The workload is bound to its zone, so only that zone's nodes count: a zone that is down must not stop the others.
      nodeAffinityPolicy: Honor
      labelSelector:
        matchLabels:
          {{- include "trent.selector" (dict "root" $root "service" .service "region" .region) | nindent 10 }}
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      nodeAffinityPolicy: Honor
      labelSelector:
        matchLabels:
          {{- include "trent.selector" (dict "root" $root "service" .service "region" .region) | nindent 10 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  # Names are looked up every 5 s; they are complete, so the search list is only a detour.
  dnsConfig:
    options:
      - { name: ndots, value: '2' }
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  containers:
    - name: {{ .service }}
      image: {{ with $root.Values.image.registry }}{{ . }}/{{ end }}{{ $root.Values.image.repository }}-{{ .service }}:{{ include "trent.tag" $root }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      env:
        {{- include "trent.env" $place | nindent 8 }}
      ports:
        - { name: admin, containerPort: 7070 }
        {{- if eq .service "gateway" }}
        - { name: https, containerPort: 8443 }
        - { name: client-grpc, containerPort: 8444 }
        {{- else }}
        - { name: grpc, containerPort: 7443 }
        {{- end }}
      # Feeds, leases and migrations may take their time at the first start; the admin port answers before them.
      startupProbe:
        httpGet: { path: /livez, port: admin }
        periodSeconds: 1
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /livez, port: admin }
        periodSeconds: 10
        timeoutSeconds: 3
        failureThreshold: 3
      readinessProbe:
        httpGet: { path: /readyz, port: admin }
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 2
      lifecycle:
        preStop:
          sleep: { seconds: 5 }
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      volumeMounts:
        {{- include "trent.mounts" $place | nindent 8 }}
  volumes:
    {{- include "trent.volumes" $place | nindent 4 }}
{{- end -}}

{{- define "trent.mounts" -}}
- { name: tmp, mountPath: /tmp }
- { name: tls, mountPath: /etc/trent/tls, readOnly: true }
{{- if include "trent.secretSources" . }}
- { name: secrets, mountPath: /etc/trent/secrets, readOnly: true }
{{- end }}
{{- if .root.Values.extraCaSecret }}
- { name: extra-ca, mountPath: /etc/trent/extra-ca, readOnly: true }
{{- end }}
{{- if eq .service "gateway" }}
- { name: edge, mountPath: /etc/trent/edge, readOnly: true }
- { name: client-ca, mountPath: /etc/trent/client-ca, readOnly: true }
{{- end }}
{{- if eq .service "key-store" }}
{{- if .root.Values.keyStore.clustersSecret }}
# PIN files and certificates that clusters.json names.
- { name: clusters, mountPath: /etc/trent/key-store, readOnly: true }
{{- end }}
{{- with .root.Values.keyStore.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- if eq .service "crypto-worker" }}
{{- if .root.Values.cryptoWorker.softhsm.enabled }}
- { name: softhsm, mountPath: /etc/trent/softhsm, readOnly: true }
- { name: tokens, mountPath: /var/lib/trent/tokens }
{{- end }}
{{- with .root.Values.cryptoWorker.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "trent.volumes" -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
- name: tls
  secret: { secretName: {{ include "trent.tlsSecret" . }}, defaultMode: 0440 }
{{- with include "trent.secretSources" . }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- with .root.Values.extraCaSecret }}
- name: extra-ca
  secret: { secretName: {{ . }}, defaultMode: 0440, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- if eq .service "gateway" }}
- name: edge
  secret: { secretName: {{ .root.Values.tls.edgeSecret }}, defaultMode: 0440, items: [{ key: tls.crt, path: tls.crt }, { key: tls.key, path: tls.key }] }
- name: client-ca
  secret: { secretName: {{ .root.Values.tls.clientCaSecret }}, defaultMode: 0440, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- if eq .service "key-store" }}
{{- with .root.Values.keyStore.clustersSecret }}
- name: clusters
  secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- with .root.Values.keyStore.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- if eq .service "crypto-worker" }}
{{- if .root.Values.cryptoWorker.softhsm.enabled }}
- name: softhsm
  configMap: { name: {{ include "trent.fullname" .root }}-softhsm }
{{- end }}
{{- with .root.Values.cryptoWorker.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Of Secrets that several services share, each sees its own key alone. */}}
{{- define "trent.secretSources" -}}
{{- if eq .service "key-store" -}}
{{- with .root.Values.keyStore.clustersSecret -}}
- secret: { name: {{ . }}, items: [{ key: clusters.json, path: clusters.json }] }
{{- end -}}
{{- else -}}
- secret: { name: {{ .root.Values.nats.passwordSecret }}, items: [{ key: {{ .service }}, path: nats-password }] }
{{- with .root.Values.nats.caSecret }}
- secret: { name: {{ . }}, items: [{ key: ca.crt, path: nats-ca.crt }] }
{{- end }}
{{- end }}
{{- with include "trent.postgresRole" .service }}
- secret: { name: {{ $.root.Values.postgres.passwordSecret }}, items: [{ key: {{ . }}, path: postgres-password }] }
{{- end }}
{{- if and (eq .service "gateway") .root.Values.redis.passwordSecret }}
- secret: { name: {{ .root.Values.redis.passwordSecret }}, items: [{ key: password, path: redis-password }] }
{{- end }}
{{- if eq .service "crypto-worker" }}
{{- $pin := .root.Values.cryptoWorker.pkcs11 }}
- secret: { name: {{ include "trent.place" (dict "text" $pin.pinSecret "region" .region "zone" .zone) }}, items: [{ key: {{ $pin.pinKey }}, path: pin }] }
{{- end }}
{{- end -}}
