import { createHmac, timingSafeEqual } from 'node:crypto';
import { fail } from '@trent/errors';

const MAC_BYTES = 16;

/** Makes and reads paging markers: opaque, bound by a MAC to operation, account, region and filter (kms-api §1.5). */
export interface Markers {
  make(scope: readonly string[], last: string): string;
  /** @throws InvalidMarkerException for anything that `make` did not make for this scope; '' stands for the first page */
  read(scope: readonly string[], marker: string | undefined): string;
}

/** @param key 32 bytes that all replicas share */
export function markersWith(key: Buffer): Markers {
  const macOf = (scope: readonly string[], last: string): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([...scope, last]))
      .digest()
      .subarray(0, MAC_BYTES);
  return {
    make: (scope, last) => Buffer.concat([macOf(scope, last), Buffer.from(last)]).toString('base64'),
    read(scope, marker) {
      if (marker === undefined) return '';
      const bytes = Buffer.from(marker, 'base64');
      const last = bytes.subarray(MAC_BYTES).toString();
      if (bytes.length <= MAC_BYTES || !timingSafeEqual(macOf(scope, last), bytes.subarray(0, MAC_BYTES))) fail('InvalidMarkerException');
      return last;
    },
  };
}

/** A page of what was read with one row more than asked. */
export function pageOf<Row>(rows: readonly Row[], limit: number): { readonly page: Row[]; readonly last: Row | undefined } {
  const page = rows.slice(0, limit);
  return { page, last: rows.length > limit ? page.at(-1) : undefined };
}
