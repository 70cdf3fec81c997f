import { loadOperations, type LoadOperation } from './operations.ts';

/** Operations in turn, each as often as its share of the mix says. */
export interface OperationMix {
  readonly names: readonly LoadOperation[];
  /** The operation of the nth request. */
  at(n: number): LoadOperation;
}

/** Shares are whole numbers up to this: a hundred for percent, a thousand for finer ones. */
const MAX_SHARE = 1_000;

/**
 * Reads `encrypt=70,decrypt=30`; a name alone has the share 1.
 * @throws Error one line, when a name or a share is none
 */
export function parseMix(text: string): OperationMix {
  const shares = text.split(',').map(parseShare);
  const names = shares.map(([name]) => name);
  if (new Set(names).size !== names.length) throw new Error(`--mix names an operation twice: ${text}`);
  const turn = interleave(shares);
  return { names, at: (n) => turn[n % turn.length] as LoadOperation };
}

function parseShare(part: string): readonly [LoadOperation, number] {
  const [name = '', share = '1'] = part.trim().split('=');
  const known = loadOperations.find((one) => one === name);
  if (known === undefined) throw new Error(`--mix: ${name} is none of ${loadOperations.join(', ')}`);
  const weight = Number(share);
  if (!Number.isInteger(weight) || weight < 1 || weight > MAX_SHARE)
    throw new Error(`--mix: the share of ${name} is a whole number of 1 to ${String(MAX_SHARE)}`);
  return [known, weight];
}

/** Spreads each operation evenly over one turn of the mix, so that a short run has the mix too. */
function interleave(shares: readonly (readonly [LoadOperation, number])[]): LoadOperation[] {
  const places = shares.flatMap(([name, share]) => Array.from({ length: share }, (_, i) => ({ name, at: (i + 0.5) / share })));
  return places.sort((a, b) => a.at - b.at).map(({ name }) => name);
}
