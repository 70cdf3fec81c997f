import { KEY_SPECS, keyClassOf, keySpecs, mayWrap, WRAPPING_ALGORITHMS, WRAPPING_KEY_SPECS, type KeySpec } from '@trent/key-model';
import type { WrappingAlgorithm, WrappingKeySpec } from '@trent/key-model';

/** One way to bring one kind of material: kms-api §6.1, every cell of its table. */
export interface ImportCell {
  readonly spec: KeySpec;
  readonly algorithm: WrappingAlgorithm;
  readonly wrappingSpec: WrappingKeySpec;
}

const all: readonly ImportCell[] = KEY_SPECS.flatMap((spec) =>
  WRAPPING_ALGORITHMS.flatMap((algorithm) => WRAPPING_KEY_SPECS.map((wrappingSpec) => ({ spec, algorithm, wrappingSpec }))),
);

/** SoftHSM can carry neither Edwards keys nor SM2. */
const isCarried = (spec: KeySpec): boolean => keyClassOf(spec) !== 'edwards' && keySpecs[spec].chinaOnly !== true;

/** Cells that are served on SoftHSM, and those that are not. */
export const servedCells = all.filter(({ spec, algorithm, wrappingSpec }) => isCarried(spec) && mayWrap(spec, algorithm, wrappingSpec));
export const refusedCells = all.filter((cell) => !servedCells.includes(cell));

/** A cell as a test's name. */
export function nameOf({ spec, algorithm, wrappingSpec }: ImportCell): string {
  return `${spec} by ${algorithm} under ${wrappingSpec}`;
}
