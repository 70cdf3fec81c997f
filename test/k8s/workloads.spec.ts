import { serviceNames } from '@trent/bootstrap';
import { describe, expect, test } from '@jest/globals';
import { ofKind, render, selects, serviceOf, valueSets, workloads } from './rendered-chart.ts';
import { withTools } from './with-tools.ts';

/** libs/bootstrap's drain takes no longer; the second figure is what Kubernetes needs to see the pod go. */
const DRAIN_SECONDS = 10;

withTools(() => {
  const sets = valueSets.map((set) => [set, render(set)] as const);

  describe.each(sets)('workloads with %s', (set, rendered) => {
    const all = workloads(rendered);

    test('are one a service and zone, of crypto-worker one a region and zone', () => {
      const [zones, regions] = set === 'values-dev.yaml' ? [1, 1] : [3, set === 'values-production.yaml' ? 2 : 1];
      // Key-store processes are there where an operator wants them.
      for (const service of serviceNames.filter((one) => one !== 'key-store' || set === 'values-production.yaml')) {
        const own = all.filter(({ object }) => serviceOf(object.metadata.labels) === service);
        expect([service, own.length]).toEqual([service, zones * (service === 'crypto-worker' ? regions : 1)]);
        expect(new Set(own.map(({ object }) => object.kind))).toEqual(
          new Set([service === 'crypto-worker' ? 'StatefulSet' : 'Deployment']),
        );
      }
    });

    test('select their own pods and no others', () => {
      for (const { object } of all) {
        const chosen = all.filter((other) => selects(object.spec.selector.matchLabels ?? {}, other.object.spec.template.metadata.labels));
        expect(chosen.map((other) => other.object.metadata.name)).toEqual([object.metadata.name]);
      }
    });

    test('stay in their zone and spread over its nodes', () => {
      for (const { object, pod, container } of all) {
        const zone = container.env.find(({ name }) => name === 'TRENT_ZONE')?.value;
        expect(object.metadata.labels['trent.dev/zone']).toBe(zone);
        expect(pod.nodeSelector['topology.kubernetes.io/zone']).toMatch(new RegExp(`${zone}$`));
        expect(pod.topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
          'topology.kubernetes.io/zone',
          'kubernetes.io/hostname',
        ]);
        for (const { maxSkew, nodeAffinityPolicy, labelSelector } of pod.topologySpreadConstraints) {
          expect([maxSkew, nodeAffinityPolicy]).toEqual([1, 'Honor']);
          expect(selects(labelSelector.matchLabels, object.spec.template.metadata.labels)).toBe(true);
          expect(labelSelector.matchLabels['trent.dev/zone']).toBeUndefined();
        }
      }
    });

    test('are probed at the admin port', () => {
      for (const { container } of all) {
        expect(container.ports.find(({ name }) => name === 'admin')?.containerPort).toBe(7070);
        expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'admin' });
        expect(container.startupProbe.httpGet).toEqual({ path: '/livez', port: 'admin' });
        expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'admin' });
      }
    });

    test('have the time to drain', () => {
      for (const { pod, container } of all) {
        expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(container.lifecycle.preStop.sleep.seconds + DRAIN_SECONDS);
      }
    });

    test("are within the pod security standard 'restricted'", () => {
      for (const { pod, container } of all) {
        expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        const kinds = pod.volumes.flatMap((volume) => Object.keys(volume)).filter((key) => key !== 'name');
        expect(['emptyDir', 'secret', 'projected', 'configMap']).toEqual(expect.arrayContaining(kinds));
      }
    });

    test('have an account of their own without a token, and no variables of Services', () => {
      for (const { object, pod } of all) {
        expect(pod.serviceAccountName).toBe(`trent-${serviceOf(object.metadata.labels)}`);
        expect([pod.automountServiceAccountToken, pod.enableServiceLinks]).toEqual([false, false]);
        const account = ofKind(rendered, 'ServiceAccount').find(({ metadata }) => metadata.name === pod.serviceAccountName);
        expect(account?.automountServiceAccountToken).toBe(false);
      }
    });

    test('say what they need and may use of memory', () => {
      for (const { container } of all) {
        expect(Object.keys(container.resources.requests).sort()).toEqual(['cpu', 'memory']);
        expect(container.resources.limits['memory']).toBeDefined();
      }
    });

    test('have one disruption budget each', () => {
      for (const { object } of all) {
        const budgets = ofKind(rendered, 'PodDisruptionBudget').filter(({ spec }) =>
          selects(spec.selector.matchLabels ?? {}, object.spec.template.metadata.labels),
        );
        expect(budgets.map(({ spec }) => spec.maxUnavailable)).toEqual([1]);
      }
    });

    test('see of shared Secrets their own key alone', () => {
      for (const { object, pod } of all) {
        const service = serviceOf(object.metadata.labels);
        const sources = pod.volumes.flatMap((volume) => volume.projected?.sources ?? []).map(({ secret }) => secret);
        const keysOf = (name: string): string[] =>
          sources.filter((one) => one.name === name).flatMap(({ items }) => items.map(({ key }) => key));
        expect(keysOf('trent-nats')).toEqual(service === 'key-store' ? [] : [service]);
        const role = { policy: ['policy'], 'key-metadata': ['key_metadata'], 'audit-ingest': ['audit'] }[service] ?? [];
        expect(keysOf('trent-postgres')).toEqual(role);
        expect(sources.some(({ items }) => items.some(({ path }) => path === 'pin'))).toBe(service === 'crypto-worker');
      }
    });
  });
});
