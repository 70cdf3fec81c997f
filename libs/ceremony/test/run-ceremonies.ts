/**
 * Child process of the service spec: SoftHSM reads its configuration once a process, and jest's own environment does
 * not reach the C library. Runs every case and prints name → null or what went wrong, as JSON.
 */
import { openModule } from '@trent/pkcs11';
import { ceremonyCases } from './ceremony-cases.ts';
import { aGenesis, aToken } from './place.ts';

const [modulePath] = process.argv.slice(2);
if (modulePath === undefined) throw new Error('usage: run-ceremonies module');
const module = openModule({ path: modulePath });
const empty = aToken(module);
const genesis = await aGenesis(empty, { k: 2, n: 3 });
const results: Record<string, string | null> = {};
for (const { name, run } of ceremonyCases) {
  try {
    await run(module, { empty, genesis });
    results[name] = null;
  } catch (error) {
    results[name] = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
module.close();
process.stdout.write(JSON.stringify(results));
