/**
 * Child process of imports.service.spec.ts: SoftHSM reads its configuration once a process, and jest's own environment does not reach the C
 * library. Runs every case and prints name → null or what went wrong, as JSON.
 */
import type { KeySpec } from '@trent/key-model';
import { probeSpecs } from '../src/keys/probe-specs.ts';
import type { ImportDeps } from '../src/imports/import-deps.ts';
import { openToken, type TokenPlace } from '../src/pool/open-token.ts';
import { SlowLane } from '../src/pool/slow-lane.ts';
import { importCases, type ImportStage } from './import-cases.ts';
import { servedCells } from './import-cells.ts';
import { aMaterial, aWrappingKey } from './import-place.ts';

const open = openToken(JSON.parse(process.argv[2] ?? '') as TokenPlace);
const lane = (): SlowLane => new SlowLane([open.openSession()], () => performance.now());
const deps: ImportDeps = {
  open,
  slowLane: lane(),
  generationLane: lane(),
  unserved: probeSpecs(open),
  allowSoftware: true,
  now: Date.now,
};
const stage: ImportStage = {
  deps,
  strict: { ...deps, allowSoftware: false },
  wrapping: {
    RSA_2048: await aWrappingKey(deps, 'RSA_2048'),
    RSA_3072: await aWrappingKey(deps, 'RSA_3072'),
    RSA_4096: await aWrappingKey(deps, 'RSA_4096'),
  },
  materials: new Map<KeySpec, Buffer>([...new Set(servedCells.map(({ spec }) => spec))].map((spec) => [spec, aMaterial(spec)])),
};
const results: Record<string, string | null> = {};
for (const { name, run } of importCases) {
  try {
    await run(stage);
    results[name] = null;
  } catch (error) {
    results[name] = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
process.stdout.write(JSON.stringify(results));
