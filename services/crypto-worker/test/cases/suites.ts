import type { WorkerCase } from '../support/case.ts';
import { encryptions } from './encryption.ts';
import { materials } from './materials.ts';
import { newerSpecs } from './newer-specs.ts';
import { permits } from './permits.ts';
import { regionGroups } from './region-groups.ts';
import { signatures } from './signatures.ts';

/** The suites that run on SoftHSM, by name. */
export const suites: Readonly<Record<string, readonly WorkerCase[]>> = {
  permits,
  materials,
  signatures,
  encryptions,
  'groups of regions': regionGroups,
};

/** The suites that run on a module with Ed25519, ML-DSA and ML-KEM; it knows no secp256k1. */
export const newerSuites: Readonly<Record<string, readonly WorkerCase[]>> = {
  permits,
  signatures: signatures.filter(({ name }) => !name.includes('P256K1')),
  encryptions,
  'groups of regions': regionGroups,
  'newer specs': newerSpecs,
};
