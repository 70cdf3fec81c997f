import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { render, serviceOf, valueSets, workloads, type Container, type PodSpec } from './rendered-chart.ts';
import { withTools } from './with-tools.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
/** Five processes start side by side on a machine that may be busy. */
const TIMEOUT_MS = 120_000;

/** What the kubelet would set. */
function environmentOf({ env }: Container, podName: string): Record<string, string> {
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => [name, valueFrom?.fieldRef.fieldPath === 'metadata.name' ? podName : (value ?? '')]),
  );
}

/** Files that the mounts of a pod make, as far as they are listed. */
function mountedFiles({ volumes }: PodSpec, { volumeMounts }: Container): readonly string[] {
  return volumeMounts.flatMap(({ name, mountPath }) => {
    const volume = volumes.find((one) => one.name === name);
    const items = [...(volume?.secret?.items ?? []), ...(volume?.projected?.sources ?? []).flatMap(({ secret }) => secret.items)];
    const listed =
      volume?.secret !== undefined && volume.secret.items === undefined ? ['tls.crt', 'tls.key', 'ca.crt'] : items.map(({ path }) => path);
    return listed.map((file) => `${mountPath}/${file}`);
  });
}

withTools(() => {
  const sets = valueSets.map((set) => [set, workloads(render(set))] as const);

  describe.each(sets)('the configuration with %s', (_, all) => {
    // Zones differ by name alone; one of each service and region says it for all.
    const firstZone = all.filter(({ object }) => object.metadata.labels['trent.dev/zone'] === 'a');

    test.each(firstZone.map((one) => [one.object.metadata.name, one] as const))(
      '%s starts with it',
      async (name, { object, container }) => {
        const service = serviceOf(object.metadata.labels);
        const main = join(root, 'services', service === 'key-store' ? 'crypto-worker/src/key-store/main.ts' : `${service}/src/main.ts`);
        const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', main, '--print-config'], {
          env: environmentOf(container, `${name}-7d9f8b6c5d-x2x4z`),
        });
        const fromEnvironment = [...stdout.matchAll(/^(TRENT_\w+)=.*# environment$/gm)].map((match) => match[1]);
        const rendered = container.env.map((variable) => variable.name).filter((variable) => variable.startsWith('TRENT_'));
        expect(fromEnvironment.sort()).toEqual(rendered.sort());
      },
      TIMEOUT_MS,
    );

    test('names files that are mounted', () => {
      for (const { pod, container } of all) {
        const mounted = mountedFiles(pod, container);
        const named = container.env.map(({ value = '' }) => value).filter((value) => /^\/etc\/trent\/(?!softhsm)/.test(value));
        expect(mounted).toEqual(expect.arrayContaining(named));
        expect(named.length).toBeGreaterThan(3);
      }
    });

    test('tells every process once who it is', () => {
      for (const { container } of all) {
        const names = container.env.map(({ name }) => name);
        expect(names).toEqual([...new Set(names)]);
      }
    });
  });
});
