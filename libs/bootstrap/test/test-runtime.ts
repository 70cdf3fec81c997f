import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntime, openTlsIdentity, silentLogger, startTelemetry } from '../src/index.ts';
import { makeTestPki } from './test-pki.ts';
import type { Logger, ServiceName, ServiceRuntime, TlsIdentity } from '../src/index.ts';
import type { TestPki, TestTlsFiles } from './test-pki.ts';

/** A deployment's certificates in a folder of their own, and runtimes of services that need no process. */
export interface TestDeployment extends AsyncDisposable {
  readonly folder: string;
  readonly pki: TestPki;
  files(service: ServiceName): Promise<TestTlsFiles>;
  identity(spiffeId: string): Promise<TlsIdentity>;
  /** A runtime of a service; drained when the deployment is disposed. */
  runtime(service: ServiceName, options?: { readonly log?: Logger; readonly drainMs?: number }): Promise<ServiceRuntime>;
}

/** Makes an empty deployment of the trust domain `trent`. */
export async function makeTestDeployment(): Promise<TestDeployment> {
  const folder = mkdtempSync(join(tmpdir(), 'trent-wire-'));
  const pki = await makeTestPki();
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  let count = 0;
  const identity = async (spiffeId: string, log: Logger = silentLogger()): Promise<TlsIdentity> => {
    const files = await pki.write(folder, `identity-${++count}`, spiffeId);
    const opened = openTlsIdentity(files, { trustDomain: 'trent', log });
    ends.push(() => opened.close());
    return opened;
  };
  return {
    folder,
    pki,
    identity,
    files: (service) => pki.write(folder, service, `spiffe://trent/service/${service}`),
    runtime: async (service, { log = silentLogger(), drainMs } = {}) => {
      const runtime = createRuntime({
        service,
        instance: `${service}-a`,
        zone: 'a',
        log,
        tls: await identity(`spiffe://trent/service/${service}`),
        telemetry: await startTelemetry({ service, instance: `${service}-a`, zone: 'a' }, {}),
        onFatal: () => undefined,
        ...(drainMs === undefined ? {} : { drainMs }),
      });
      ends.push(() => runtime.drain());
      return runtime;
    },
    [Symbol.asyncDispose]: async () => {
      for (const end of ends.reverse()) await end();
    },
  };
}
