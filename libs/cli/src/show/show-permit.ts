import { permitHour, readPermit } from '@trent/permit';

/**
 * What a permit allows, field by field, and a verdict on its validity now. The tag is not checked: only a worker has the key of the hour.
 * @throws TrentError when it is no permit
 */
export function showPermit(bytes: Uint8Array, nowMs: number): string[] {
  const permit = readPermit(bytes);
  const rows: [string, string][] = [
    ['id', `${permit.id} (the request's)`],
    ['principal', `${permit.principal}, version ${String(permit.principalVersion)}`],
    ['account', permit.account],
    ['operation', permit.operation],
    ['region', permit.region],
    ...permit.keys.map(({ keyArn, authorisationVersion, materialId }): [string, string] => [
      'key',
      `${keyArn}, version ${String(authorisationVersion)}, ${materialId === '' ? 'no material' : `material ${materialId}`}`,
    ]),
    ['input digest', `${Buffer.from(permit.inputDigest).toString('hex')} (SHA-256 of the exact input)`],
    ['not before', new Date(permit.notBeforeMs).toISOString()],
    ['not after', new Date(permit.notAfterMs).toISOString()],
    ['permit key', `of hour ${String(permitHour(permit.notBeforeMs))} since 1970`],
    ['verdict', `${verdictOf(permit, nowMs)}; the tag is not checked here`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(14)} ${value}`);
}

function verdictOf({ notBeforeMs, notAfterMs }: { readonly notBeforeMs: number; readonly notAfterMs: number }, nowMs: number): string {
  if (nowMs < notBeforeMs) return 'not valid yet';
  return nowMs > notAfterMs ? 'no longer valid' : 'valid now';
}
