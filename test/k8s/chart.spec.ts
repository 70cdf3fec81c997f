import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { chart, tools } from './kubernetes-tools.ts';
import { helm, render, valueSets } from './rendered-chart.ts';
import { withTools } from './with-tools.ts';

/** helm takes a second; on a machine that is busy, ten. */
jest.setTimeout(60_000);

withTools(() => {
  describe.each(valueSets)('the chart with %s', (set) => {
    test('passes helm lint', () => {
      expect(helm(['lint', '--strict', chart, '--values', join(chart, set)])).toContain('0 chart(s) failed');
    });

    test("fits Kubernetes' schemas, unknown members refused", () => {
      // cert-manager's Certificate has no schema in Kubernetes' own module.
      const location = join(tools.schemas, '{{.ResourceKind}}{{.KindSuffix}}.json');
      const args = ['-strict', '-summary', '-skip', 'Certificate', '-schema-location', location];
      const summary = execFileSync(tools.kubeconform, args, { input: render(set).yaml, encoding: 'utf8' });
      expect(summary).toMatch(/Invalid: 0, Errors: 0/);
    });

    test('has every name once', () => {
      const names = render(set).objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
      expect(names).toEqual([...new Set(names)]);
    });

    test('contains no Secret and no password', () => {
      const { yaml, objects } = render(set);
      expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
      expect(yaml).not.toMatch(/:\/\/[^/\s]*:[^/\s]*@|BEGIN [A-Z ]*PRIVATE KEY/);
    });
  });

  describe('values that do not fit are refused by their name', () => {
    test.each([
      ['an unknown value', { gatway: {} }, /gatway/],
      ['an unknown value deeper', { gateway: { replicas: 3 } }, /replicas/],
      ['an even number of stream replicas', { nats: { replicas: 2 } }, /replicas/],
      ['no zones', { zones: [] }, /zones/],
      ['a name too long for the objects', { fullnameOverride: 'a-name-of-more-than-16' }, /fullnameOverride/],
      ['a password in a URL', { redis: { url: 'redis://:secret@redis:6379/0' } }, /url/],
      ["a variable of Trent's among the module's", { cryptoWorker: { env: { TRENT_REGION: 'x' } } }, /propertyName 'TRENT_REGION'/],
      ['a retention below 90 days', { auditIngest: { retentionDays: 7 } }, /retentionDays/],
    ])('%s', (_, values, message) => {
      expect(() => render('values.yaml', values)).toThrow(message);
    });
  });
});
