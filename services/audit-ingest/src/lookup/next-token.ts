import { createHmac, timingSafeEqual } from 'node:crypto';
import { fail } from '@trent/errors';

/** Where a look-up goes on: strictly older than this, in the order of the answer. */
export interface Position {
  /** Seconds since the epoch. */
  readonly eventTimeS: number;
  /** Microseconds since the epoch. */
  readonly arrival: bigint;
  readonly eventId: string;
}

const FORMAT = 1;
const POSITION_BYTES = 1 + 8 + 8 + 16;
const MAC_BYTES = 16;

/**
 * A NextToken: format ‖ event time ‖ arrival ‖ event id ‖ MAC, base64url. The MAC (HMAC-SHA-256, first 16 bytes) covers the question too, so
 * a token serves the look-up that it came from and no other.
 * @param question account, Region, filter and time range, in one unambiguous text
 */
export function makeNextToken(key: Uint8Array, question: string, { eventTimeS, arrival, eventId }: Position): string {
  const bytes = Buffer.alloc(POSITION_BYTES);
  bytes.writeUInt8(FORMAT, 0);
  bytes.writeDoubleBE(eventTimeS, 1);
  bytes.writeBigInt64BE(arrival, 9);
  bytes.write(eventId.replaceAll('-', ''), 17, 'hex');
  return Buffer.concat([bytes, macOf(key, question, bytes)]).toString('base64url');
}

/** @throws TrentError InvalidNextTokenException for anything that `makeNextToken` did not make for this question */
export function readNextToken(key: Uint8Array, question: string, token: string): Position {
  const bytes = Buffer.from(token, 'base64url');
  const position = bytes.subarray(0, POSITION_BYTES);
  const mac = bytes.subarray(POSITION_BYTES);
  const isOurs = mac.length === MAC_BYTES && timingSafeEqual(mac, macOf(key, question, position)) && position[0] === FORMAT;
  if (!isOurs) return fail('InvalidNextTokenException', 'Invalid Next Token.');
  const hex = position.toString('hex', 17);
  const eventId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return { eventTimeS: position.readDoubleBE(1), arrival: position.readBigInt64BE(9), eventId };
}

function macOf(key: Uint8Array, question: string, position: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(String(question.length))
    .update(':')
    .update(question)
    .update(position)
    .digest()
    .subarray(0, MAC_BYTES);
}
