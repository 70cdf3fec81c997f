import type { AliasName } from './brand.ts';

/** What every alias name begins with. */
export const ALIAS_PREFIX = 'alias/';
const MAX_ALIAS_LENGTH = 256;
const ALIAS_PATTERN = /^alias\/[a-zA-Z0-9/_-]+$/;

/** A whole alias name, `alias/` included (AWS KMS developer guide, "Aliases": letters, digits, `/`, `_`, `-`; 256 characters), or undefined. */
export function parseAliasName(text: string): AliasName | undefined {
  return text.length <= MAX_ALIAS_LENGTH && ALIAS_PATTERN.test(text) ? (text as AliasName) : undefined;
}

/** True for the names that AWS keeps to itself: `alias/aws/…`. */
export function isReservedAliasName(aliasName: AliasName): boolean {
  return aliasName.startsWith('alias/aws/');
}
