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
