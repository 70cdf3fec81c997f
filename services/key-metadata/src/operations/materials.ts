import type { execute } from '@trent/contracts';
import { regionsOf, type KeyRow } from '../store/keys.ts';
import type { Deps } from './call.ts';

/** A wrapped backing key, fresh from a crypto worker. */
export interface FreshMaterial {
  readonly token: Buffer;
  readonly materialId: string;
  readonly rootVersion: number;
  /** What the custom key store calls the key; '' where it is in none. */
  readonly objectId: string;
}

/** Of a key that is to live in a custom key store. */
export interface InStore {
  readonly customKeyStoreId?: string;
  /** The external key that is to be used. */
  readonly xksKeyId?: string;
  /** Who asks, for an external key store. */
  readonly principalArn?: string;
  readonly requestId?: string;
}

/** Asks a crypto worker of the region for a backing key; it leaves the HSM only wrapped. */
export type GenerateMaterial = (
  request: {
    readonly region: string;
    readonly accountId: string;
    readonly keyId: string;
    readonly keySpec: string;
    readonly keyUsage: string;
    readonly origin: string;
  } & InStore,
  deadline: number,
) => Promise<FreshMaterial>;

/** Asks a crypto worker of the region whether it carries keys of a spec. @throws UnsupportedOperationException */
export type CheckMaterial = (request: execute.CheckMaterialRequest, deadline: number) => Promise<void>;

/**
 * Has a backing key made for a key and keeps its token in JetStream, in each Region that the key lives in: the second store comes first, so that
 * nothing current is kept once.
 */
export async function freshMaterialOf(
  { generateMaterial, keepToken }: Pick<Deps, 'generateMaterial' | 'keepToken'>,
  key: Pick<KeyRow, 'region' | 'accountId' | 'keyId' | 'spec' | 'usage' | 'origin' | 'relatives'>,
  deadline: number,
  inStore: InStore = {},
): Promise<FreshMaterial> {
  const { region, accountId, keyId, spec, usage, origin } = key;
  const material = await generateMaterial({ region, accountId, keyId, keySpec: spec, keyUsage: usage, origin, ...inStore }, deadline);
  await Promise.all(regionsOf(key).map((one) => keepToken(one, keyId, material.materialId, material.token, deadline)));
  return material;
}

/** Asks a crypto worker of the region for a wrapping key and the token that names it. */
export type MakeImportParameters = (
  request: execute.MakeImportParametersRequest,
  deadline: number,
) => Promise<execute.MakeImportParametersResponse>;

/** A user's material, wrapped by the region's root set. */
export type ImportedFresh = execute.ImportMaterialResponse;

/** Asks a crypto worker of the region to take a user's material into the HSM. */
export type ImportMaterial = (request: execute.ImportMaterialRequest, deadline: number) => Promise<ImportedFresh>;
