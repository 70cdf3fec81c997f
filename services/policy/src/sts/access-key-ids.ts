import type { RandomBytes } from '@trent/identifiers';

/** Base32 as AWS's access key ids have it (RFC 4648 §6): 16 characters behind the prefix. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** 12 decimal digits are less than 2^40, which is eight characters. */
const ACCOUNT_CHARACTERS = 8;
const RANDOM_CHARACTERS = 8;
const TEMPORARY = /^ASIA([A-Z2-7]{8})[A-Z2-7]{8}$/;

/** An access key id of temporary credentials. It tells its account, as AWS's do: nothing of them is stored where it could be looked up. */
export function temporaryAccessKeyId(accountId: string, random: RandomBytes): string {
  let rest = Number(accountId);
  let account = '';
  for (let at = 0; at < ACCOUNT_CHARACTERS; at++) {
    account = (BASE32[rest % 32] ?? '') + account;
    rest = Math.floor(rest / 32);
  }
  return `ASIA${account}${Array.from(random(RANDOM_CHARACTERS), (byte) => BASE32[byte & 31]).join('')}`;
}

/** The account that a temporary access key id tells; undefined for what is none. */
export function accountOfTemporary(accessKeyId: string): string | undefined {
  const [, characters] = TEMPORARY.exec(accessKeyId) ?? [];
  if (characters === undefined) return undefined;
  let account = 0;
  for (const character of characters) account = account * 32 + BASE32.indexOf(character);
  return account < 1e12 ? String(account).padStart(12, '0') : undefined;
}
