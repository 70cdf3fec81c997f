import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** `npm run test:fuzz -- --inputs 1000000 [--seed n]`: every parser in one process, and bodies on the wire of a cluster. */
const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '1000000' }, bodies: { type: 'string' }, seed: { type: 'string' } },
});
const inputs = Number(values.inputs);
if (!Number.isSafeInteger(inputs) || inputs < 1) throw new Error('--inputs takes a number');

/** Of what parsers get, one in so many is sent to a cluster too, which takes a millisecond instead of some microseconds. */
const PARSED_FOR_EACH_SENT = 20;
const env = {
  ...process.env,
  TRENT_FUZZ_INPUTS: String(inputs),
  TRENT_FUZZ_BODIES: values.bodies ?? String(Math.ceil(inputs / PARSED_FOR_EACH_SENT)),
  ...(values.seed === undefined ? {} : { TRENT_FUZZ_SEED: values.seed }),
};
const jest = join(import.meta.dirname, '../node_modules/jest/bin/jest.js');
const options = ['--selectProjects', 'property', 'e2e', '--runInBand', '--', 'services/gateway/test/fuzz', 'test/e2e/contract/fuzz'];
const child = spawn(process.execPath, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, ...options], {
  env,
  stdio: 'inherit',
});
child.on('exit', (code) => (process.exitCode = code ?? 1));
