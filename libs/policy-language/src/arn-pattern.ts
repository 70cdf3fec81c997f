import { ANY, compileGlob, ONE, type Glob, type Piece } from './glob.ts';

const COLON = 58;
const ONE_CODE = -1;
/** A `*` with more of its ARN segment behind it: stays inside the segment. */
const BOUND_ANY = -2;
/** A `*` that ends its segment: "it can expand to match beyond the colon boundaries" (IAM user guide, "Resource"). */
const FREE_ANY = -3;

/**
 * Compiles a pattern of Resource or NotResource. An ARN with less than six segments is completed by `*` (IAM user guide, "Resource":
 * `arn:aws:sqs` means `arn:aws:sqs:*:*:*`).
 */
export function compileResourcePattern(template: readonly Piece[]): Glob {
  const pieces = template.filter((piece) => piece !== '');
  if (pieces.length === 1 && pieces[0] === ANY) return { matches: () => true };
  const complete = completed(pieces);
  if (complete.every((piece) => typeof piece === 'string')) {
    const exact = complete.join('');
    return { matches: (text) => text === exact };
  }
  const codes = codesOf(complete);
  return { matches: (text) => matchCodes(codes, text) };
}

function completed(pieces: readonly Piece[]): readonly Piece[] {
  const [first] = pieces;
  if (typeof first !== 'string' || !first.startsWith('arn:')) return pieces;
  const colons = pieces.reduce((count, piece) => count + (typeof piece === 'string' ? piece.split(':').length - 1 : 0), 0);
  const missing = Array.from({ length: Math.max(0, 5 - colons) }, (): Piece[] => [':', ANY]);
  return [...pieces, ...missing.flat()];
}

function codesOf(pieces: readonly Piece[]): Int32Array {
  const codes: number[] = [];
  pieces.forEach((piece, i) => {
    const next = pieces[i + 1];
    if (piece === ANY) codes.push(next === undefined || (typeof next === 'string' && next.startsWith(':')) ? FREE_ANY : BOUND_ANY);
    else if (piece === ONE) codes.push(ONE_CODE);
    else for (let c = 0; c < piece.length; c++) codes.push(piece.charCodeAt(c));
  });
  return Int32Array.from(codes);
}

/**
 * Matches from the left and, on a mismatch, lets the last star take one character more; when a bound star meets a colon, the last free one.
 * INVARIANT: going back further is useless. Behind a free star the leftmost fit of what follows is as good as any; a bound star's place is
 * fixed by the colon that ends its segment. Texts are resource names (at most 2,048 characters), so the product of lengths stays small.
 */
function matchCodes(codes: Int32Array, text: string): boolean {
  let i = 0;
  let j = 0;
  let [freeStar, freeText, boundStar, boundText] = [-1, 0, -1, 0];
  while (i < codes.length || j < text.length) {
    const code = codes[i];
    if (code === FREE_ANY) {
      [freeStar, freeText, boundStar] = [i, j, -1];
      i += 1;
    } else if (code === BOUND_ANY) {
      [boundStar, boundText] = [i, j];
      i += 1;
    } else if (j < text.length && (code === text.charCodeAt(j) || (code === ONE_CODE && text.charCodeAt(j) !== COLON))) {
      i += 1;
      j += 1;
    } else if (boundStar >= 0 && boundText < text.length && text.charCodeAt(boundText) !== COLON) {
      boundText += 1;
      [i, j] = [boundStar + 1, boundText];
    } else if (freeStar >= 0 && freeText < text.length) {
      freeText += 1;
      [i, j, boundStar] = [freeStar + 1, freeText, -1];
    } else return false;
  }
  return true;
}

/**
 * Compiles a value of ArnEquals or ArnLike: "each of the six colon-delimited components of the ARN is checked separately" (IAM user guide,
 * "Amazon Resource Name condition operators"). A lone `*` fits everything; any other pattern without six components fits nothing.
 */
export function compileArnLike(template: readonly Piece[]): Glob {
  const pieces = template.filter((piece) => piece !== '');
  if (pieces.length === 1 && pieces[0] === ANY) return { matches: () => true };
  const parts = splitAtColons(pieces).map(compileGlob);
  if (parts.length !== 6) return { matches: () => false };
  return {
    matches: (arn) => {
      let from = 0;
      return parts.every((part, i) => {
        const end = i === 5 ? arn.length : arn.indexOf(':', from);
        if (end < 0) return false;
        const component = arn.slice(from, end);
        from = end + 1;
        return part.matches(component);
      });
    },
  };
}

/** The first five colons separate, further ones belong to the sixth component. */
function splitAtColons(pieces: readonly Piece[]): Piece[][] {
  const parts: Piece[][] = [[]];
  for (const piece of pieces) {
    if (typeof piece !== 'string') parts.at(-1)?.push(piece);
    else {
      const texts = piece.split(':');
      texts.forEach((text, i) => {
        if (i > 0 && parts.length < 6) parts.push([]);
        else if (i > 0) parts.at(-1)?.push(':');
        if (text !== '') parts.at(-1)?.push(text);
      });
    }
  }
  return parts;
}
