/** Child process: `wrap` prints a fresh backing key wrapped in this token (hex), `derive HEX` prints what it derives; ROOT_SET names the root set. */
import { readFileSync } from 'node:fs';
import { findRootSet, openModule } from '@trent/pkcs11';
import { openToken } from '../src/index.ts';
import { modulePath } from './in-token-folder.ts';
import { aReadableMessageKey, aWrappedKey } from './place.ts';

const [label, pinFile, command, wrapped] = process.argv.slice(2);
if (label === undefined || pinFile === undefined) throw new Error('usage: wrap-and-unwrap label pin-file wrap|derive [hex]');
const token = openToken(openModule({ path: modulePath }), label, readFileSync(pinFile));
const rootSet = findRootSet(token.session, token.module.dialect, process.env['ROOT_SET'] ?? 'us-east-1');
if (rootSet === undefined) throw new Error('the token has not joined');
const answer = command === 'wrap' ? aWrappedKey(token, rootSet) : aReadableMessageKey(token, rootSet, Buffer.from(wrapped ?? '', 'hex'));
process.stdout.write(Buffer.from(answer ?? []).toString('hex'));
