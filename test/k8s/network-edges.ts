import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { peers, serviceNames, type ServiceName } from '@trent/bootstrap';

const root = join(import.meta.dirname, '..', '..');

/** Where a service binds its doors, if that is not its main.ts. */
const bindingsOf: Readonly<Partial<Record<ServiceName, string>>> = { 'key-store': 'crypto-worker/src/key-store/doors.ts' };

/** gRPC services that a service binds, read from its main.ts. */
function servedBy(service: ServiceName): readonly string[] {
  const text = readFileSync(join(root, 'services', bindingsOf[service] ?? `${service}/src/main.ts`), 'utf8');
  return [...text.matchAll(/\bbind\(\s*(\w+)\.(\w+)ServiceService\b/g)].map(
    ([, file = '', name = '']) => `trent.${file}.v1.${name}Service`,
  );
}

/** Who opens connections to whom, from the table of peers and the bindings: caller to the services it calls, in order of the alphabet. */
export function edgesOfPeers(): Readonly<Record<ServiceName, readonly ServiceName[]>> {
  const callees = (caller: ServiceName): ServiceName[] =>
    serviceNames.filter((callee) => servedBy(callee).some((name) => peers[name]?.includes(caller) === true)).sort();
  return Object.fromEntries(serviceNames.map((caller) => [caller, callees(caller)])) as Record<ServiceName, ServiceName[]>;
}
