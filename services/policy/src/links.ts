import { clientCredentials, endpointsOf, type ServiceName, type ServiceRuntime } from '@trent/bootstrap';
import { execute, metadata } from '@trent/contracts';
import { fail } from '@trent/errors';
import { openUnaryLink, type UnaryLink } from '@trent/grpc-link';
import { SecretBytes } from '@trent/secret-bytes';
import type { LoadViews } from './authorize/key-views.ts';
import type { UnusedSince } from './authorize/trailing-days.ts';
import type { ManagedKeys } from './authorize/managed-keys.ts';
import type { FetchPermitKey } from './authorize/permit-keys.ts';
import type { PolicyConfig } from './config.ts';
import type { FetchGrantTokenKey } from './grants/grant-tokens.ts';
import type { LoadGrants } from './grants/key-grants.ts';

/** A call to a crypto worker for a permit key, which nobody waits for. */
const PERMIT_KEY_MS = 3_000;

/** What policy asks of the other services. */
export interface Links {
  readonly keyMetadata: UnaryLink;
  /** The replicas of policy itself: writers of the feed of principals. */
  readonly replicas: UnaryLink;
  readonly loadViews: LoadViews;
  readonly loadGrants: LoadGrants;
  readonly fetchGrantTokenKey: FetchGrantTokenKey;
  readonly fetchPermitKey: FetchPermitKey;
  readonly unusedSince: UnusedSince;
  readonly makeManagedKey: ManagedKeys['make'];
  readonly seal: (plaintext: Buffer, label: string, deadline: number) => Promise<Buffer>;
  readonly unseal: (sealed: Buffer, label: string, deadline: number) => Promise<SecretBytes>;
}

/** Opens the links; secrets are sealed by the workers of the first region. */
export function openLinks(rt: ServiceRuntime, config: PolicyConfig): Links {
  const open = (name: string, endpoints: PolicyConfig['policyEndpoints'], service: ServiceName) =>
    openUnaryLink({ name, endpoints, zone: config.zone, credentials: clientCredentials(rt.tls, service), runtime: rt });
  const keyMetadata = open('key-metadata', config.keyMetadataEndpoints, 'key-metadata');
  const workers = new Map(
    config.regions.map((region) => [
      region,
      open(`crypto-worker ${region}`, endpointsOf(config.cryptoWorkerEndpoints, region), 'crypto-worker'),
    ]),
  );
  const workerOf = (region: string | undefined): UnaryLink => workers.get(region ?? '') ?? fail('KMSInternalException');
  const [home] = config.regions;
  return {
    keyMetadata,
    replicas: open('policy', config.policyEndpoints, 'policy'),
    loadViews: async (queries, deadline) => {
      const { answers } = await keyMetadata.call(metadata.KeyViewServiceService.loadKeyViews, { queries }, { deadline, repeat: 'safe' });
      const found: (metadata.KeyView | undefined)[] = queries.map(() => undefined);
      for (const { query, view } of answers) found[query] = view;
      return found;
    },
    loadGrants: (request, deadline) => keyMetadata.call(metadata.KeyViewServiceService.loadGrants, request, { deadline, repeat: 'safe' }),
    fetchGrantTokenKey: async (deadline) => {
      const { key } = await keyMetadata.call(metadata.KeyViewServiceService.getGrantTokenKey, {}, { deadline, repeat: 'safe' });
      return key;
    },
    unusedSince: async (region, keyId, deadline) => {
      const request = { region, keyId };
      const { sinceMs } = await keyMetadata.call(metadata.KeyViewServiceService.getUnusedSince, request, { deadline, repeat: 'safe' });
      return Number(sinceMs);
    },
    // Safe to repeat: there is one such key, and who finds it there makes no other.
    makeManagedKey: async (region, accountId, service, deadline) => {
      const request = { region, accountId, service };
      await keyMetadata.call(metadata.KeyViewServiceService.makeManagedKey, request, { deadline, repeat: 'safe' });
    },
    fetchPermitKey: async (region, hour) => {
      const deadline = performance.now() + PERMIT_KEY_MS;
      const { key } = await workerOf(region).call(
        execute.PermitKeyServiceService.getPermitKey,
        { region, hour },
        { deadline, repeat: 'safe' },
      );
      return key;
    },
    seal: async (plaintext, label, deadline) => {
      const { sealed } = await workerOf(home).call(execute.SealServiceService.seal, { plaintext, label }, { deadline, repeat: 'safe' });
      plaintext.fill(0);
      return sealed;
    },
    unseal: async (sealed, label, deadline) => {
      const { plaintext } = await workerOf(home).call(execute.SealServiceService.unseal, { sealed, label }, { deadline, repeat: 'safe' });
      return SecretBytes.take(plaintext);
    },
  };
}
