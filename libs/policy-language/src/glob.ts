/** What a pattern is made of: literal text, any number of characters, or one character. */
export type Piece = string | typeof ANY | typeof ONE;
export const ANY = Symbol('*');
export const ONE = Symbol('?');

/** A pattern ready to be matched against whole texts. */
export interface Glob {
  readonly matches: (text: string) => boolean;
}

/** Splits `*` and `?` from the literal text around them. */
export function piecesOf(text: string): Piece[] {
  return text
    .split(/([*?])/)
    .filter((part) => part !== '')
    .map((part) => (part === '*' ? ANY : part === '?' ? ONE : part));
}

/** Text between two `*`: characters, of which those in `ones` stand for any. */
interface Segment {
  readonly text: string;
  readonly ones: ReadonlySet<number>;
}

/** Beyond this length a segment is searched bit-parallel: 32 comparisons a step, so that no pattern costs more than (n·m)/32. */
const MAX_PLAIN_SEGMENT = 32;
/** Stands in a segment's text where any character fits; never compared. */
const HOLE = '?';

/**
 * Compiles a pattern. Matching takes each segment at its first possible place and never goes back, so `*a*a*a*b` costs one pass:
 * time is at most (text length × pattern length) / 32, and for usual patterns linear in the text.
 */
export function compileGlob(pieces: readonly Piece[]): Glob {
  const segments = segmentsOf(pieces);
  const [first, ...rest] = segments;
  const last = rest.pop();
  if (first === undefined) return { matches: (text) => text === '' };
  if (last === undefined) return { matches: (text) => text.length === first.text.length && matchesAt(first, text, 0) };
  const least = segments.reduce((length, segment) => length + segment.text.length, 0);
  if (least === 0) return { matches: () => true };
  return {
    matches: (text) => {
      if (text.length < least || !matchesAt(first, text, 0)) return false;
      let at = first.text.length;
      for (const segment of rest) {
        const found = find(segment, text, at);
        if (found < 0) return false;
        at = found + segment.text.length;
      }
      const lastAt = text.length - last.text.length;
      return lastAt >= at && matchesAt(last, text, lastAt);
    },
  };
}

function segmentsOf(pieces: readonly Piece[]): Segment[] {
  const segments: Segment[] = [];
  let text = '';
  let ones = new Set<number>();
  for (const piece of pieces) {
    if (piece === ANY) {
      segments.push({ text, ones });
      [text, ones] = ['', new Set()];
    } else if (piece === ONE) {
      ones.add(text.length);
      text += HOLE;
    } else text += piece;
  }
  segments.push({ text, ones });
  const inner = segments.slice(1, -1).filter((segment) => segment.text !== '');
  return segments.length <= 2 ? segments : [segments[0] ?? { text: '', ones }, ...inner, { text, ones }];
}

function matchesAt(segment: Segment, text: string, at: number): boolean {
  if (segment.ones.size === 0) return text.startsWith(segment.text, at);
  if (at + segment.text.length > text.length) return false;
  for (let i = 0; i < segment.text.length; i++) {
    if (segment.text.charCodeAt(i) !== text.charCodeAt(at + i) && !segment.ones.has(i)) return false;
  }
  return true;
}

/** Where the segment first fits at or after `from`, or -1. */
function find(segment: Segment, text: string, from: number): number {
  if (segment.text.length > MAX_PLAIN_SEGMENT) return findLong(segment, text, from);
  if (segment.ones.size === 0) return text.indexOf(segment.text, from);
  for (let at = from; at + segment.text.length <= text.length; at++) {
    if (matchesAt(segment, text, at)) return at;
  }
  return -1;
}

/** Shift-And (Baeza-Yates and Gonnet 1992), a bit for each position of the segment. Masks are made for the call: such patterns are rare. */
function findLong(segment: Segment, text: string, from: number): number {
  const length = segment.text.length;
  const words = Math.ceil(length / 32);
  const holes = new Uint32Array(words);
  for (const i of segment.ones) setBit(holes, i);
  const masks = new Map<number, Uint32Array>();
  for (let i = 0; i < length; i++) {
    if (segment.ones.has(i)) continue;
    const code = segment.text.charCodeAt(i);
    let mask = masks.get(code);
    if (mask === undefined) masks.set(code, (mask = holes.slice()));
    setBit(mask, i);
  }
  const state = new Uint32Array(words);
  const lastWord = words - 1;
  const lastBit = (length - 1) % 32;
  for (let at = from; at < text.length; at++) {
    const mask = masks.get(text.charCodeAt(at)) ?? holes;
    let carry = 1;
    for (let w = 0; w < words; w++) {
      const before = state[w] ?? 0;
      state[w] = ((before << 1) | carry) & (mask[w] ?? 0);
      carry = before >>> 31;
    }
    if (((state[lastWord] ?? 0) >>> lastBit) & 1) return at - length + 1;
  }
  return -1;
}

function setBit(bits: Uint32Array, i: number): void {
  bits[i >>> 5] = (bits[i >>> 5] ?? 0) | (1 << (i & 31));
}
