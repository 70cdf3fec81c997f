/** Child process of the service spec: runs one suite in an opened token and prints name → null or what went wrong, as JSON. */
import { probeSpecs } from '../../src/keys/probe-specs.ts';
import { openToken, type TokenPlace } from '../../src/pool/open-token.ts';
import { SlowLane } from '../../src/pool/slow-lane.ts';
import { StoreLink } from '../../src/stores/store-link.ts';
import { newerSuites, suites } from '../cases/suites.ts';
import type { Place } from './case.ts';

const [placeOfToken = '', suiteName = ''] = process.argv.slice(2);
const suite = suites[suiteName] ?? newerSuites[suiteName];
if (suite === undefined) throw new Error('usage: run-cases place suite');

const open = openToken(JSON.parse(placeOfToken) as TokenPlace);
const aLane = (): SlowLane => new SlowLane([open.openSession(), open.openSession()], () => performance.now());
const lanes = { slowLane: aLane(), generationLane: aLane() };
const place: Place = { open, materials: { token: open, ...lanes, unserved: probeSpecs(open), storeLink: new StoreLink(undefined) } };
const results: Record<string, string | null> = {};
for (const { name, run } of suite) {
  try {
    await run(place);
    results[name] = null;
  } catch (error) {
    results[name] = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
open.module.close();
process.stdout.write(JSON.stringify(results));
