import { attachXksProxy, startXksProxy, type TestXksProxy, type XksProxyPlace } from '@trent/local-cluster';

/** How the workers of jest, which inherit the environment, learn of the proxy. */
const VARIABLE = 'TRENT_TEST_XKS_PROXY';
/** The VPC endpoint service that the operator's list has for it. */
export const VPC_SERVICE = 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0';
/** On the list as well: a host whose certificate nobody knows, and one where nobody listens. */
export const STRANGE_HOST = 'strange.xks.test';
export const SILENT_HOST = 'silent.xks.test';
/** On a loaded machine an answer may take longer than AWS KMS allows; tests of slowness are slower. */
const TIMEOUT_MS = 2_000;
let kept: TestXksProxy | undefined;

/** Starts the proxy and sets what the operator of the cluster to come allows. */
export async function startSharedProxy(): Promise<void> {
  kept = await startXksProxy();
  const { host, ports, caFile, place } = kept;
  const here = (name: string, port: number): string => `${name}@127.0.0.1:${String(port)}`;
  const allowed = [
    here(host, ports.good),
    `${VPC_SERVICE}=${here(host, ports.good)}`,
    here(STRANGE_HOST, ports['unknown-authority']),
    here(SILENT_HOST, 1),
  ];
  Object.assign(process.env, {
    [VARIABLE]: JSON.stringify(place),
    TRENT_XKS_ALLOWED_PROXIES: allowed.join(','),
    TRENT_XKS_CA_FILE: caFile,
    TRENT_XKS_TIMEOUT_MS: String(TIMEOUT_MS),
  });
}

/** Ends what startSharedProxy has started. */
export async function stopSharedProxy(): Promise<void> {
  await kept?.[Symbol.asyncDispose]();
}

/** The proxy that all files of this layer share: leave it behaving. */
export function sharedProxy(): TestXksProxy {
  const place = process.env[VARIABLE];
  if (place === undefined)
    throw new Error('no external key store proxy: this cluster was not started by the e2e project of jest.config.ts');
  return attachXksProxy(JSON.parse(place) as XksProxyPlace);
}
