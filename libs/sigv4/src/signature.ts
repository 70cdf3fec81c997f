import { createHmac, hash, timingSafeEqual } from 'node:crypto';

import { HmacKey } from '@trent/secret-bytes';
import type { CredentialScope } from './http-facts.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const TERMINATOR = 'aws4_request';
const TAG_BYTES = 32;
/** Nothing waits between writing and comparing, so one of each is enough. */
const expected = Buffer.alloc(TAG_BYTES);
const given = Buffer.alloc(TAG_BYTES);
const SIGNATURE_HEX = /^[0-9a-f]{64}$/;

/** `date/region/service/aws4_request`. */
export function scopeText(scope: CredentialScope): string {
  return `${scope.date}/${scope.region}/${scope.service}/${TERMINATOR}`;
}

/**
 * The day key of a secret access key for one date, region and service: HMAC chained over date, region, service, `aws4_request`.
 * Safe to cache for its day.
 */
export function signingKey(secretAccessKey: Uint8Array, date: string, region: string, service: string): HmacKey {
  const seed = Buffer.concat([Buffer.from('AWS4', 'latin1'), secretAccessKey]);
  const links = [seed];
  for (const part of [date, region, service, TERMINATOR]) {
    links.push(
      createHmac('sha256', links[links.length - 1] ?? seed)
        .update(part)
        .digest(),
    );
  }
  const key = new HmacKey(links[links.length - 1] ?? seed);
  for (const link of links) link.fill(0);
  return key;
}

/** The four lines that are signed: algorithm, time, scope, SHA-256 of the canonical request. */
export function stringToSign(amzDate: string, scope: CredentialScope, canonicalRequest: string): string {
  return `${ALGORITHM}\n${amzDate}\n${scopeText(scope)}\n${hash('sha256', canonicalRequest, 'hex')}`;
}

/** The signature, 64 lower-case hexadecimal digits. */
export function signatureOf(key: HmacKey | Uint8Array, text: string): string {
  return Buffer.from(HmacKey.of(key).tag(text), 'latin1').toString('hex');
}

/** Does the signature fit? Takes the same time wherever the two first differ; false for anything but 64 lower-case hexadecimal digits. */
export function verifySignature(key: HmacKey | Uint8Array, text: string, signatureHex: string): boolean {
  if (!SIGNATURE_HEX.test(signatureHex)) return false;
  expected.write(HmacKey.of(key).tag(text), 'latin1');
  given.write(signatureHex, 'hex');
  return timingSafeEqual(expected, given);
}
