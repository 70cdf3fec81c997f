import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** 24 random bytes: 192 bits, more than any of the hashes behind the passwords. */
const PASSWORD_BYTES = 24;

/** A password kept in a file of mode 0600, as services read it. */
export interface Secret {
  readonly file: string;
  readonly value: string;
}

/** The secret `name` of this folder; made at its first use, the same ever after. */
export function secretIn(folder: string, name: string): Secret {
  const file = join(folder, name);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(PASSWORD_BYTES).toString('base64url'), { mode: 0o600 });
  }
  return { file, value: readFileSync(file, 'utf8') };
}
