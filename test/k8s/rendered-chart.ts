import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { chart, tools } from './kubernetes-tools.ts';

/** The values that are rendered in the specs: the defaults and both files of the chart. */
export const valueSets = ['values.yaml', 'values-dev.yaml', 'values-production.yaml'] as const;
export type ValueSet = (typeof valueSets)[number];

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly EnvironmentVariable[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly resources: Readonly<Record<'requests' | 'limits', Readonly<Record<string, string>>>>;
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string; readonly items?: readonly { readonly path: string }[] };
  readonly projected?: {
    readonly sources: readonly {
      readonly secret: { readonly name: string; readonly items: readonly { readonly key: string; readonly path: string }[] };
    }[];
  };
}

export interface PodSpec {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly enableServiceLinks: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly topologySpreadConstraints: readonly {
    readonly maxSkew: number;
    readonly topologyKey: string;
    readonly whenUnsatisfiable: string;
    readonly nodeAffinityPolicy: string;
    readonly labelSelector: { readonly matchLabels: Labels };
  }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
}

export type Labels = Readonly<Record<string, string>>;

export interface PolicyRule {
  readonly ports: readonly { readonly port: number }[];
  readonly from?: readonly { readonly podSelector?: { readonly matchLabels: Labels } }[];
  readonly to?: readonly { readonly podSelector?: { readonly matchLabels: Labels } }[];
}

/** An object as helm renders it, with the members that the specs look at. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Labels };
  readonly spec: {
    readonly replicas: number;
    readonly clusterIP?: string;
    readonly publishNotReadyAddresses?: boolean;
    readonly serviceName?: string;
    readonly maxUnavailable?: number;
    readonly selector: Labels & { readonly matchLabels?: Labels };
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
    readonly podSelector: { readonly matchLabels: Labels };
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly PolicyRule[];
    readonly egress?: readonly PolicyRule[];
    readonly uris?: readonly string[];
  };
  readonly automountServiceAccountToken?: boolean;
}

/** A rendered chart. */
export interface Rendered {
  readonly yaml: string;
  readonly objects: readonly KubernetesObject[];
}

/** Renders the chart with one of its value files, and values of one's own over them. @throws what helm said */
export function render(set: ValueSet, values: Readonly<Record<string, unknown>> = {}): Rendered {
  const folder = mkdtempSync(join(tmpdir(), 'trent-k8s-'));
  try {
    const own = join(folder, 'values.json');
    writeFileSync(own, JSON.stringify(values));
    const files = ['--values', join(chart, set), '--values', own];
    const yaml = helm(['template', 'trent', chart, '--namespace', 'kms', '--kube-version', 'v1.34.0', ...files]);
    return { yaml, objects: parseAllDocuments(yaml).flatMap((document) => (document.toJS() as KubernetesObject | null) ?? []) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs helm with nothing of the caller's configuration; gives what it printed. @throws what helm said */
export function helm(args: readonly string[]): string {
  const home = mkdtempSync(join(tmpdir(), 'trent-helm-'));
  try {
    return execFileSync(tools.helm, args, { encoding: 'utf8', stdio: 'pipe', env: { HOME: home, PATH: '/usr/bin:/bin' } });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Objects of a kind. */
export function ofKind({ objects }: Rendered, ...kinds: readonly string[]): readonly KubernetesObject[] {
  return objects.filter(({ kind }) => kinds.includes(kind));
}

/** Deployments and StatefulSets with their one container. */
export function workloads(
  rendered: Rendered,
): readonly { readonly object: KubernetesObject; readonly pod: PodSpec; readonly container: Container }[] {
  return ofKind(rendered, 'Deployment', 'StatefulSet').map((object) => {
    const pod = object.spec.template.spec;
    const [container, ...others] = pod.containers;
    if (container === undefined || others.length > 0) throw new Error(`${object.metadata.name} has not one container`);
    return { object, pod, container };
  });
}

/** The service that an object belongs to. */
export function serviceOf(labels: Labels): string {
  return labels['app.kubernetes.io/component'] ?? '';
}

/** Whether a selector takes a pod with these labels. */
export function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}
