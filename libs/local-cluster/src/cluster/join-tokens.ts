import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { prepareToken, type HsmName } from '../backends/hsm.ts';
import { cacheFolder, childEnvironment, repositoryRoot } from '../config.ts';
import { workerName } from './assign-ports.ts';
import type { ClusterFolder, ClusterSettings } from './settings.ts';

const run = promisify(execFile);

/** Tokens that are being joined, by the name of the crypto worker that uses each. */
export type JoiningTokens = ReadonlyMap<string, Promise<void>>;

/** The group of all regions of a local cluster: multi-Region keys may spread over them. */
export const REGION_GROUP = 'global';

/**
 * Begins to put the root sets of every region and of the group of them all into the token of each of its workers: genesis in the first one's where there is no root package yet,
 * then joins of the others side by side. K = N = 1: the one operator's identity lies beside the package, which is for development only.
 * What is joined already is kept. The promises reject with the ceremony's one line.
 */
export function beginJoiningTokens(folder: ClusterFolder, { regions, zones, hsm = 'softhsm' }: ClusterSettings): JoiningTokens {
  const joining = new Map<string, Promise<void>>();
  let before: Promise<void> = Promise.resolve();
  for (const region of regions) {
    // One genesis after the other: the regions share the operator and the group.
    const first = before.then(() => joinToken(folder, hsm, region, workerName(regions, region, zones[0] ?? 'a'), true));
    before = first;
    for (const [i, zone] of zones.entries()) {
      const worker = workerName(regions, region, zone);
      joining.set(worker, i === 0 ? first : first.then(() => joinToken(folder, hsm, region, worker, false)));
    }
  }
  // Whoever waits for one sees its error; nobody may be waiting yet.
  for (const promise of joining.values()) promise.catch(() => undefined);
  return joining;
}

function packageOf(folder: ClusterFolder, name: string): string {
  return join(folder.tokens, `root-package-${name}.json`);
}

/** A process of its own, because SoftHSM reads SOFTHSM2_CONF once. */
async function joinToken(folder: ClusterFolder, hsm: HsmName, region: string, worker: string, genesis: boolean): Promise<void> {
  const place = prepareToken(hsm, join(folder.tokens, worker), worker);
  const script = join(repositoryRoot, 'libs', 'ceremony', 'src', 'join-token.ts');
  const options = [
    ['--region', region],
    ['--package', packageOf(folder, region)],
    ['--group', REGION_GROUP],
    ['--group-package', packageOf(folder, REGION_GROUP)],
    ['--operator', join(folder.tokens, 'operator.json')],
    ['--token-label', place.label],
    ['--pin-file', place.pinFile],
    ['--so-pin-file', place.soPinFile],
    ['--module', place.module],
    place.parameters === undefined ? [] : ['--module-parameters', place.parameters],
    genesis ? ['--genesis'] : [],
  ].flat();
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', script];
  const env = { ...childEnvironment(), ...place.environment, NODE_COMPILE_CACHE: join(cacheFolder(), 'compiled') };
  try {
    await run('/usr/bin/setpriv', ['--pdeathsig', 'KILL', ...node, ...options], { env, cwd: folder.dir });
  } catch (error) {
    const words = String((error as { stderr?: string }).stderr ?? error).trim();
    throw new Error(`the token of ${worker} could not be joined: ${words}`, { cause: error });
  }
}
