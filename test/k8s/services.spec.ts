import { parseEndpoints, serviceNames } from '@trent/bootstrap';
import { describe, expect, test } from '@jest/globals';
import { edgesOfPeers } from './network-edges.ts';
import { ofKind, render, selects, serviceOf, valueSets, workloads, type KubernetesObject, type PolicyRule } from './rendered-chart.ts';
import { withTools } from './with-tools.ts';

const GRPC_PORT = 7443;

withTools(() => {
  const sets = valueSets.map((set) => [set, render(set)] as const);

  describe.each(sets)('Services with %s', (_, rendered) => {
    const all = workloads(rendered);
    const headless = ofKind(rendered, 'Service').filter(({ spec }) => spec.clusterIP === 'None');
    const podsOf = (service: KubernetesObject): string[] =>
      all
        .filter(({ object }) => selects(service.spec.selector, object.spec.template.metadata.labels))
        .map(({ object }) => object.metadata.name);

    test('are headless, one a workload, and give addresses before readiness', () => {
      const internal = all.filter(({ object }) => serviceOf(object.metadata.labels) !== 'gateway');
      expect(headless.map(({ metadata }) => metadata.name).sort()).toEqual(internal.map(({ object }) => object.metadata.name).sort());
      for (const service of headless) {
        expect(podsOf(service)).toEqual([service.metadata.name]);
        expect(service.spec.publishNotReadyAddresses).toBe(true);
      }
      for (const { object } of all.filter(({ object: { kind } }) => kind === 'StatefulSet')) {
        expect(object.spec.serviceName).toBe(object.metadata.name);
      }
    });

    test('of the gateway choose its ready pods in every zone', () => {
      const [edge, ...others] = ofKind(rendered, 'Service').filter(({ spec }) => spec.clusterIP !== 'None');
      expect(others).toEqual([]);
      expect(podsOf(edge!)).toEqual(all.map(({ object }) => object.metadata.name).filter((name) => name.startsWith('trent-gateway-')));
      expect(edge?.spec.publishNotReadyAddresses).toBeUndefined();
    });

    test('are what the endpoint lists name, with zone and region of the workload behind', () => {
      for (const { container } of all) {
        for (const { name, value = '' } of container.env) {
          const service = serviceNames.find((one) => name === `TRENT_${one.toUpperCase().replace('-', '_')}_ENDPOINTS`);
          if (service === undefined) continue;
          const endpoints = parseEndpoints(value) ?? [];
          const described = endpoints.map(({ host, port, zone, region, dns }) => [
            host.split('.')[0],
            host.split('.')[1],
            port,
            zone,
            region,
            dns,
          ]);
          const expected = headless
            .filter(({ metadata }) => serviceOf(metadata.labels) === service)
            .map(({ metadata: { name: host, labels } }) => [
              host,
              'kms',
              GRPC_PORT,
              labels['trent.dev/zone'],
              labels['trent.dev/region'],
              true,
            ]);
          expect(described.sort()).toEqual(expected.sort());
        }
      }
    });
  });

  describe.each(sets)('NetworkPolicies with %s', (_, rendered) => {
    const policies = ofKind(rendered, 'NetworkPolicy');
    const policyOf = (service: string): KubernetesObject => policies.find(({ metadata }) => metadata.name === `trent-${service}`)!;
    const servicesAt = (rules: readonly PolicyRule[] | undefined, side: 'from' | 'to'): string[] =>
      (rules ?? [])
        .filter(({ ports }) => ports.some(({ port }) => port === GRPC_PORT))
        .flatMap((rule) => rule[side] ?? [])
        .map(({ podSelector }) => serviceOf(podSelector?.matchLabels ?? {}))
        .sort();

    test('refuse every pod what is not allowed', () => {
      const deny = policyOf('default-deny').spec;
      expect([deny.policyTypes, deny.ingress, deny.egress]).toEqual([['Ingress', 'Egress'], undefined, undefined]);
      for (const { object } of workloads(rendered))
        expect(selects(deny.podSelector.matchLabels, object.spec.template.metadata.labels)).toBe(true);
    });

    test('let exactly those call whom the table of peers lets call', () => {
      const edges = edgesOfPeers();
      for (const service of serviceNames) {
        const callers = serviceNames.filter((caller) => edges[caller].includes(service)).sort();
        expect([service, servicesAt(policyOf(service).spec.egress, 'to')]).toEqual([service, edges[service]]);
        expect([service, servicesAt(policyOf(service).spec.ingress, 'from')]).toEqual([service, callers]);
      }
    });

    test('let each service reach its backends', () => {
      const portsOf = (service: string): number[] =>
        (policyOf(service).spec.egress ?? []).flatMap(({ ports }) => ports.map(({ port }) => port));
      for (const service of serviceNames) {
        const expected = {
          53: true,
          4222: service !== 'key-store',
          5432: !['gateway', 'crypto-worker', 'key-store'].includes(service),
          6379: service === 'gateway',
        };
        for (const [port, isOpen] of Object.entries(expected)) {
          expect([service, port, portsOf(service).includes(Number(port))]).toEqual([service, port, isOpen]);
        }
      }
    });

    test('open the admin port to who scrapes and to nobody else', () => {
      for (const service of serviceNames) {
        const open = (policyOf(service).spec.ingress ?? []).filter(({ ports }) => ports.some(({ port }) => port === 7070));
        expect(open.every(({ from }) => (from ?? []).length > 0)).toBe(true);
      }
    });
  });

  test('key-store processes go out to what the values name, and to nothing without them', () => {
    const peers = [{ ipBlock: { cidr: '203.0.113.0/24' } }];
    const egressOf = (changes: Readonly<Record<string, unknown>>) =>
      ofKind(render('values.yaml', changes), 'NetworkPolicy').find(({ metadata }) => metadata.name === 'trent-key-store')?.spec.egress;
    const outside = { ports: [{ port: 443, protocol: 'TCP' }], to: peers };
    expect(egressOf({ networkPolicy: { keyStore: { peers, ports: [443] } } })).toContainEqual(outside);
    expect(egressOf({})?.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([53, 53]);
  });

  test('an operator reaches policy only where the values say from where', () => {
    const peer = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'operators' } } };
    const rendered = render('values.yaml', { networkPolicy: { operators: [peer] } });
    const open = ofKind(rendered, 'NetworkPolicy').filter(({ spec }) => JSON.stringify(spec.ingress ?? []).includes('operators'));
    expect(open.map(({ metadata }) => metadata.name)).toEqual(['trent-policy']);
  });
});
