import type { execute } from '@trent/contracts';

/** A wrapped backing key, fresh from a crypto worker. */
export interface FreshMaterial {
  readonly token: Buffer;
  readonly materialId: string;
  readonly rootVersion: number;
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
  },
  deadline: number,
) => Promise<FreshMaterial>;

/** Asks a crypto worker of the region whether it carries keys of a spec. @throws UnsupportedOperationException */
export type CheckMaterial = (request: execute.CheckMaterialRequest, deadline: number) => Promise<void>;

/** Asks a crypto worker of the region for a wrapping key and the token that names it. */
export type MakeImportParameters = (
  request: execute.MakeImportParametersRequest,
  deadline: number,
) => Promise<execute.MakeImportParametersResponse>;

/** A user's material, wrapped by the region's root set. */
export type ImportedFresh = execute.ImportMaterialResponse;

/** Asks a crypto worker of the region to take a user's material into the HSM. */
export type ImportMaterial = (request: execute.ImportMaterialRequest, deadline: number) => Promise<ImportedFresh>;
