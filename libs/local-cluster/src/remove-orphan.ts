import { once } from 'node:events';
import { reset } from './commands/down.ts';

/** `node remove-orphan.ts DIR`: waits for the end of standard input, which comes however the parent ends, and removes what is left in DIR. */
const dir = process.argv[2];
if (dir === undefined) throw new Error('usage: remove-orphan.ts DIR');
process.stdin.resume();
await once(process.stdin, 'end');
await reset(dir, () => undefined);
