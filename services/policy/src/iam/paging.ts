import { fail } from '@trent/errors';

/** Members of every request that lists. */
export interface PageRequest {
  readonly marker?: string | undefined;
  readonly maxItems?: number | undefined;
}

/** A page and the members that speak of the rest. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly isTruncated: boolean;
  readonly marker: string | undefined;
}

/** IAM's default of MaxItems. */
export const DEFAULT_ITEMS = 100;

/**
 * One page of a list that is in the order of its keys.
 * @param fetch rows whose key is beyond `after` ('' at the start), `limit` at most
 * @throws ValidationException for a marker that no answer gave
 */
export async function pageOf<Row>(
  { marker, maxItems = DEFAULT_ITEMS }: PageRequest,
  keyOf: (row: Row) => string,
  fetch: (after: string, limit: number) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const found = await fetch(marker === undefined ? '' : readMarker(marker), maxItems + 1);
  const rows = found.slice(0, maxItems);
  const last = rows.at(-1);
  const isTruncated = found.length > maxItems && last !== undefined;
  return { rows, isTruncated, marker: isTruncated ? writeMarker(keyOf(last)) : undefined };
}

/** A page of a list that is whole in memory. */
export function pageOfAll<Row>(request: PageRequest, keyOf: (row: Row) => string, all: readonly Row[]): Promise<Page<Row>> {
  const sorted = all
    .map((row) => ({ row, key: keyOf(row) }))
    .sort((left, right) => (left.key < right.key ? -1 : Number(left.key > right.key)));
  return pageOf(request, keyOf, (after, limit) =>
    Promise.resolve(
      sorted
        .filter(({ key }) => after === '' || key > after)
        .slice(0, limit)
        .map(({ row }) => row),
    ),
  );
}

/** A marker that names the last key of a page. */
export function writeMarker(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** @throws ValidationException for a marker that no answer gave */
export function readMarker(marker: string): string {
  const key = Buffer.from(marker, 'base64url').toString();
  return writeMarker(key) === marker ? key : fail('ValidationException', 'Invalid Marker.');
}
