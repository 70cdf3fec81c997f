{{/* Names of objects. Length: StatefulSet names stay under 52 characters (label of the revision). */}}
{{- define "trent.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 16 | trimSuffix "-" -}}
{{- end -}}

{{- define "trent.tag" -}}
{{- .Values.image.tag | default .Chart.AppVersion -}}
{{- end -}}

{{/* Labels that select: dict root, service (optional), zone (optional), region (optional) */}}
{{- define "trent.selector" -}}
app.kubernetes.io/name: trent
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .service }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- with .region }}
trent.dev/region: {{ . }}
{{- end }}
{{- with .zone }}
trent.dev/zone: {{ . }}
{{- end }}
{{- end -}}

{{- define "trent.labels" -}}
{{ include "trent.selector" . }}
app.kubernetes.io/part-of: trent
app.kubernetes.io/version: {{ include "trent.tag" .root | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{/* Key in values of a service: key-metadata is keyMetadata. */}}
{{- define "trent.valuesKey" -}}
{{- . | camelcase | untitle -}}
{{- end -}}

{{/* Name of a workload: dict root, service, zone, region (crypto-worker alone) */}}
{{- define "trent.workload" -}}
{{- $fullname := include "trent.fullname" .root -}}
{{- if .region -}}
{{ $fullname }}-{{ .service }}-{{ .region }}-{{ .zone }}
{{- else -}}
{{ $fullname }}-{{ .service }}-{{ .zone }}
{{- end -}}
{{- end -}}

{{/* Services that run as Deployments, a list in JSON: the key-store process is there where an operator wants it. */}}
{{- define "trent.deployed" -}}
{{- $services := list "gateway" "policy" "key-metadata" "audit-ingest" -}}
{{- if .Values.keyStore.enabled }}{{ $services = append $services "key-store" }}{{ end -}}
{{- $services | toJson -}}
{{- end -}}

{{- define "trent.tlsSecret" -}}
{{- index .root.Values.tls.secrets .service | default (printf "%s-%s-tls" (include "trent.fullname" .root) .service) -}}
{{- end -}}

{{/* {region} and {zone} of a text */}}
{{- define "trent.place" -}}
{{- .text | replace "{region}" .region | replace "{zone}" .zone -}}
{{- end -}}

{{/* DNS name of a headless Service */}}
{{- define "trent.host" -}}
{{ include "trent.workload" . }}.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}
{{- end -}}

{{/* Endpoint list of a service: every zone's headless Service by name, so that replicas are found and their zone is known. */}}
{{- define "trent.endpoints" -}}
{{- $list := list -}}
{{- range $zone := .root.Values.zones -}}
{{- if eq $.service "crypto-worker" -}}
{{- range $region := $.root.Values.regions -}}
{{- $place := dict "root" $.root "service" $.service "zone" $zone.name "region" $region -}}
{{- $list = append $list (printf "%s/%s=dns:%s:7443" $region $zone.name (include "trent.host" $place)) -}}
{{- end -}}
{{- else -}}
{{- $place := dict "root" $.root "service" $.service "zone" $zone.name -}}
{{- $list = append $list (printf "%s=dns:%s:7443" $zone.name (include "trent.host" $place)) -}}
{{- end -}}
{{- end -}}
{{- join "," $list -}}
{{- end -}}
