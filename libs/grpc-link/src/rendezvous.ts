/** Something to choose from. */
export interface Candidate {
  /** Hash of its name. */
  readonly seed: number;
  /** Calls that it has not answered yet. */
  readonly load: number;
}

/** FNV-1a, 32 bits. Source: Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash Algorithm". */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Score of a candidate for a key; the final mix of MurmurHash3 makes neighbours independent. */
function score(hash: number, seed: number): number {
  let mixed = hash ^ seed;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * Rendezvous hashing over two: of the two candidates with the highest score for the key, the less loaded one. A key stays with the same pair
 * while others come and go, so that caches stay warm and a hot key has two homes.
 */
export function chooseOfTwo<T extends Candidate>(candidates: readonly T[], hash: number): T | undefined {
  if (candidates.length < 2) return candidates[0];
  let first: T | undefined;
  let second: T | undefined;
  let firstScore = -1;
  let secondScore = -1;
  for (const candidate of candidates) {
    const points = score(hash, candidate.seed);
    if (points > firstScore) {
      [second, secondScore] = [first, firstScore];
      [first, firstScore] = [candidate, points];
    } else if (points > secondScore) {
      [second, secondScore] = [candidate, points];
    }
  }
  return first !== undefined && second !== undefined && second.load < first.load ? second : first;
}
