{{/* Variables of every service: dict root, service, zone, region */}}
{{- define "trent.env" -}}
- name: TRENT_SERVICE_INSTANCE
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- { name: TRENT_ZONE, value: {{ .zone | quote }} }
- { name: TRENT_TRUST_DOMAIN, value: {{ .root.Values.trustDomain | quote }} }
- { name: TRENT_REGIONS, value: {{ join "," .root.Values.regions | quote }} }
- { name: TRENT_TLS_CERT, value: /etc/trent/tls/tls.crt }
- { name: TRENT_TLS_KEY, value: /etc/trent/tls/tls.key }
- { name: TRENT_TLS_CA, value: /etc/trent/tls/ca.crt }
# The kubelet's probes come to the pod's address; NetworkPolicies keep everybody else away.
- { name: TRENT_ADMIN_LISTEN, value: '0.0.0.0:7070' }
- { name: TRENT_LOG_LEVEL, value: {{ .root.Values.log.level | quote }} }
- { name: TRENT_TRACE, value: {{ join "," .root.Values.log.trace | quote }} }
{{- if ne .service "gateway" }}
- { name: TRENT_GRPC_LISTEN, value: '0.0.0.0:7443' }
{{- end }}
{{- if ne .service "key-store" }}
{{ include "trent.env.nats" . }}
{{- end }}
{{ include (printf "trent.env.%s" .service) . }}
{{- with .root.Values.otel.endpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
{{- end }}
{{- if .root.Values.extraCaSecret }}
- { name: NODE_EXTRA_CA_CERTS, value: /etc/trent/extra-ca/ca.crt }
{{- end }}
{{- end -}}

{{- define "trent.env.nats" -}}
- { name: TRENT_NATS_SERVERS, value: {{ join "," .root.Values.nats.servers | quote }} }
- { name: TRENT_NATS_USER, value: {{ .service }} }
- { name: TRENT_NATS_PASSWORD_FILE, value: /etc/trent/secrets/nats-password }
- { name: TRENT_NATS_REPLICAS, value: {{ .root.Values.nats.replicas | quote }} }
- { name: TRENT_AUDIT_STREAMS, value: {{ .root.Values.nats.auditStreams | quote }} }
{{- if .root.Values.nats.caSecret }}
- { name: TRENT_NATS_CA, value: /etc/trent/secrets/nats-ca.crt }
{{- end }}
{{- end -}}

{{/* dict root, service */}}
{{- define "trent.env.postgres" -}}
{{- $db := .root.Values.postgres -}}
{{- $role := include "trent.postgresRole" .service -}}
{{- $tls := eq $db.sslMode "verify-full" | ternary "?sslmode=verify-full" "" -}}
- { name: TRENT_POSTGRES_URL, value: {{ printf "postgres://%s@%s:%d/%s%s" $role $db.host (int $db.port) $db.database $tls | quote }} }
- { name: TRENT_POSTGRES_PASSWORD_FILE, value: /etc/trent/secrets/postgres-password }
- { name: TRENT_POSTGRES_POOL, value: {{ $db.pool | quote }} }
{{- end -}}

{{/* The role that owns a service's schema; empty for services without one. */}}
{{- define "trent.postgresRole" -}}
{{- get (dict "policy" "policy" "key-metadata" "key_metadata" "audit-ingest" "audit") . -}}
{{- end -}}

{{- define "trent.env.endpoints" -}}
- { name: {{ printf "TRENT_%s_ENDPOINTS" (.service | upper | replace "-" "_") }}, value: {{ include "trent.endpoints" . | quote }} }
{{- end -}}

{{- define "trent.env.regionGroups" -}}
{{- $groups := list -}}
{{- range $group := .root.Values.regionGroups -}}
{{- $groups = append $groups (printf "%s=%s" $group.name (join "+" ($group.regions | default $.root.Values.regions))) -}}
{{- end -}}
- { name: TRENT_REGION_GROUPS, value: {{ join "," $groups | quote }} }
{{- end -}}

{{- define "trent.env.gateway" -}}
- { name: TRENT_HTTPS_LISTEN, value: '0.0.0.0:8443' }
- { name: TRENT_CLIENT_GRPC_LISTEN, value: '0.0.0.0:8444' }
- { name: TRENT_EDGE_TLS_CERT, value: /etc/trent/edge/tls.crt }
- { name: TRENT_EDGE_TLS_KEY, value: /etc/trent/edge/tls.key }
- { name: TRENT_CLIENT_CA, value: /etc/trent/client-ca/ca.crt }
- { name: TRENT_MAX_IN_FLIGHT, value: {{ .root.Values.gateway.maxInFlight | int | quote }} }
- { name: TRENT_REDIS_URL, value: {{ .root.Values.redis.url | quote }} }
{{- if .root.Values.redis.passwordSecret }}
- { name: TRENT_REDIS_PASSWORD_FILE, value: /etc/trent/secrets/redis-password }
{{- end }}
{{- range list "policy" "key-metadata" "crypto-worker" "audit-ingest" }}
{{ include "trent.env.endpoints" (dict "root" $.root "service" .) }}
{{- end }}
{{- end -}}

{{- define "trent.env.policy" -}}
{{ include "trent.env.postgres" . }}
{{- range list "key-metadata" "crypto-worker" "policy" }}
{{ include "trent.env.endpoints" (dict "root" $.root "service" .) }}
{{- end }}
{{- end -}}

{{- define "trent.env.key-metadata" -}}
{{ include "trent.env.postgres" . }}
{{ include "trent.env.regionGroups" . }}
{{ include "trent.env.endpoints" (dict "root" .root "service" "crypto-worker") }}
{{- if .root.Values.keyStore.enabled }}
{{ include "trent.env.endpoints" (dict "root" .root "service" "key-store") }}
{{- end }}
{{- end -}}

{{- define "trent.env.key-store" -}}
{{- $store := .root.Values.keyStore -}}
- { name: TRENT_XKS_ALLOWED_PROXIES, value: {{ join "," $store.xksAllowedProxies | quote }} }
{{- if $store.clustersSecret }}
- { name: TRENT_KEY_STORE_CLUSTERS, value: /etc/trent/secrets/clusters.json }
{{- end }}
{{- range $name, $value := $store.env }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end -}}

{{- define "trent.env.audit-ingest" -}}
{{ include "trent.env.postgres" . }}
{{- with .root.Values.auditIngest.streamBytes }}
- { name: TRENT_AUDIT_STREAM_BYTES, value: {{ int64 . | quote }} }
{{- end }}
{{- with .root.Values.auditIngest.retentionDays }}
- { name: TRENT_AUDIT_RETENTION_DAYS, value: {{ int . | quote }} }
{{- end }}
{{- end -}}

{{- define "trent.env.crypto-worker" -}}
{{- $worker := .root.Values.cryptoWorker -}}
- { name: TRENT_REGION, value: {{ .region | quote }} }
{{ include "trent.env.regionGroups" . }}
- { name: TRENT_PKCS11_MODULE, value: {{ $worker.pkcs11.module | quote }} }
- { name: TRENT_PKCS11_TOKEN_LABEL, value: {{ include "trent.place" (dict "text" $worker.pkcs11.tokenLabel "region" .region "zone" .zone) | quote }} }
- { name: TRENT_PKCS11_PIN_FILE, value: /etc/trent/secrets/pin }
{{- if $worker.allowSoftwareImport }}
- { name: TRENT_ALLOW_SOFTWARE_IMPORT, value: "true" }
{{- end }}
{{- if $worker.softhsm.enabled }}
- { name: SOFTHSM2_CONF, value: /etc/trent/softhsm/softhsm2.conf }
{{- end }}
{{- range $name, $value := $worker.env }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- range list "key-metadata" "policy" }}
{{ include "trent.env.endpoints" (dict "root" $.root "service" .) }}
{{- end }}
{{- if .root.Values.keyStore.enabled }}
{{ include "trent.env.endpoints" (dict "root" .root "service" "key-store") }}
{{- end }}
{{- end -}}
