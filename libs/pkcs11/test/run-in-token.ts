/**
 * Child process of the service specs: SoftHSM reads its configuration once a process, and jest's own environment does
 * not reach the C library. Runs one suite in a fresh token and prints name → null or what went wrong, as JSON.
 */
import { CKU, isPkcs11Error } from '../src/index.ts';
import { asymmetric } from './conformance/asymmetric.ts';
import type { ConformanceCase, Place } from './conformance/case.ts';
import { objects } from './conformance/objects.ts';
import { postQuantum } from './conformance/post-quantum.ts';
import { symmetric } from './conformance/symmetric.ts';
import { modulesUnderTest } from './modules-under-test.ts';
import { selfAttackCases } from './self-attack-cases.ts';

const suites: Readonly<Record<string, readonly ConformanceCase[]>> = {
  conformance: [...objects, ...symmetric, ...asymmetric, ...postQuantum],
  'self-attack': selfAttackCases,
};

const [moduleName, suiteName, folder] = process.argv.slice(2);
const underTest = modulesUnderTest.find(({ dialect }) => dialect.name === moduleName);
const suite = suites[suiteName ?? ''];
if (underTest === undefined || suite === undefined || folder === undefined) throw new Error('usage: run-in-token module suite folder');

const pin = Buffer.from('a user pin');
const { module, slot } = underTest.open(folder, pin);
const session = module.openSession(slot, { readWrite: true });
session.login(CKU.USER, pin);
const place: Place = { module, session, pin };
const results: Record<string, { readonly failure: string; readonly isFromToken: boolean } | null> = {};
for (const { name, run } of suite) {
  try {
    await run(place);
    results[name] = null;
  } catch (error) {
    results[name] = { failure: error instanceof Error ? (error.stack ?? error.message) : String(error), isFromToken: isPkcs11Error(error) };
  }
}
session.close();
module.close();
process.stdout.write(JSON.stringify(results));
