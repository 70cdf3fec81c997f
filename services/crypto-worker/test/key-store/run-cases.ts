/** Child process of the service spec: runs every case over one backend and prints name → null or what went wrong, as JSON. */
import { readFileSync } from 'node:fs';
import { silentLogger } from '@trent/bootstrap';
import { readClusters } from '../../src/key-store/hsm/clusters.ts';
import { HsmBackend } from '../../src/key-store/hsm/hsm-backend.ts';
import { storeCases } from './cases.ts';

const [clustersFile = '', anchorFile = ''] = process.argv.slice(2);
const backend = new HsmBackend(readClusters(clustersFile));
const place = { backend, anchor: readFileSync(anchorFile, 'utf8'), log: silentLogger() };
const results: Record<string, string | null> = {};
for (const { name, run } of storeCases) {
  try {
    await run(place);
    results[name] = null;
  } catch (error) {
    results[name] = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
process.stdout.write(JSON.stringify(results));
