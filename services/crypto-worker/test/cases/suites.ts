import type { WorkerCase } from '../support/case.ts';
import { materials } from './materials.ts';
import { regionGroups } from './region-groups.ts';

/** Every suite of the worker's service spec, by name. */
export const suites: Readonly<Record<string, readonly WorkerCase[]>> = { materials, 'groups of regions': regionGroups };
