import type { WorkerCase } from '../support/case.ts';
import { encryptions } from './encryption.ts';
import { materials } from './materials.ts';
import { permits } from './permits.ts';
import { regionGroups } from './region-groups.ts';
import { signatures } from './signatures.ts';

/** Every suite of the worker's service spec, by name. */
export const suites: Readonly<Record<string, readonly WorkerCase[]>> = {
  permits,
  materials,
  signatures,
  encryptions,
  'groups of regions': regionGroups,
};
