import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FreezeMark, FreezeTarget } from './freeze-state.ts';

/** A message of the stream. */
export interface FreezeMessage {
  /** Its last token is the target in base64url. */
  readonly subject: string;
  readonly data: Uint8Array;
  /** When the server stored it, epoch milliseconds. */
  readonly storedAtMs: number;
}

/** How far the clocks of policy and NATS may be apart; also how long a genuine message could be sent again. */
const MAX_AGE_MS = 5 * 60_000;
const TARGET = /^(?:account|principal|key)\/./;

/** A mark as it is published, with the proof that policy wrote it: HMAC-SHA-256 over all that it says. */
export function writeMark(key: Uint8Array, mark: FreezeMark): string {
  return JSON.stringify({ ...mark, proof: proofOf(key, mark).toString('base64url') });
}

/**
 * Reads a message of the stream. To freeze needs no proof: who can write to NATS can stop requests anyhow. To let go does, and freshness: what
 * policy did not write, or wrote long before it was stored, leaves its target frozen. Undefined for a subject that names no target.
 */
export function readMark(key: Uint8Array, { subject, data, storedAtMs }: FreezeMessage): FreezeMark | undefined {
  const target = Buffer.from(subject.slice(subject.lastIndexOf('.') + 1), 'base64url').toString();
  if (!TARGET.test(target)) return undefined;
  const mark = parse(data);
  const isOwn = mark?.target === target && Math.abs(storedAtMs - mark.atMs) <= MAX_AGE_MS && isProven(key, mark);
  if (isOwn) return { target: mark.target, frozen: mark.frozen, reason: mark.reason, atMs: mark.atMs };
  return { target: target as FreezeTarget, frozen: true, reason: UNPROVEN, atMs: storedAtMs };
}

/** What lists say of a target whose last word was not policy's. */
export const UNPROVEN = 'a message without proof stands in the stream of freezes';

function proofOf(key: Uint8Array, { target, frozen, reason, atMs }: FreezeMark): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify(['trent freeze 1', target, frozen, reason, atMs]))
    .digest();
}

function isProven(key: Uint8Array, mark: FreezeMark & { readonly proof: string }): boolean {
  const [given, expected] = [Buffer.from(mark.proof, 'base64url'), proofOf(key, mark)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function parse(data: Uint8Array): (FreezeMark & { readonly proof: string }) | undefined {
  try {
    const { target, frozen, reason, atMs, proof } = JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>;
    if (typeof target !== 'string' || typeof frozen !== 'boolean' || typeof reason !== 'string') return undefined;
    if (typeof atMs !== 'number' || typeof proof !== 'string') return undefined;
    return { target: target as FreezeTarget, frozen, reason, atMs, proof };
  } catch {
    return undefined;
  }
}
