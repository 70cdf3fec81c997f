import type { AccountId, EpochMillis, GrantId, RegionName } from './brand.ts';
import { isDecimal, isLowerHex } from './characters.ts';

const MAX_REGION_LENGTH = 32;
/** AWS KMS model, RegionType. The pattern is linear: a dash is never a letter, so nothing can match two ways. */
const REGION_PATTERN = /^(?:[a-z]+-){2,3}[0-9]+$/;

/** The twelve digits of an account, or undefined. */
export function parseAccountId(text: string): AccountId | undefined {
  return text.length === 12 && isDecimal(text) ? (text as AccountId) : undefined;
}

/** A region's name (AWS KMS model, RegionType: 1–32 characters), or undefined. */
export function parseRegionName(text: string): RegionName | undefined {
  return text.length <= MAX_REGION_LENGTH && REGION_PATTERN.test(text) ? (text as RegionName) : undefined;
}

/** The 64 lower-case hex digits of a grant, or undefined. */
export function parseGrantId(text: string): GrantId | undefined {
  return text.length === 64 && isLowerHex(text, 0, 64) ? (text as GrantId) : undefined;
}

/** A point in time as a clock gives it, or undefined for what is no non-negative integer. */
export function parseEpochMillis(value: number): EpochMillis | undefined {
  return Number.isSafeInteger(value) && value >= 0 ? (value as EpochMillis) : undefined;
}
