import type { HsmName } from '../backends/hsm.ts';
import { assignPorts, portNames } from './assign-ports.ts';
import { choosePostgresData, makeClusterFolder, readSettings, ZONE_NAMES, type ClusterFolder, type ClusterSettings } from './settings.ts';

/** What `up` was asked for; what is left out stays as it was, or is the default. */
export interface UpOptions {
  readonly dir: string;
  readonly zones?: 1 | 3;
  readonly regions?: readonly string[];
  readonly hsm?: HsmName;
  readonly port?: number;
  readonly verbose: boolean;
}

/** The region of a cluster that was not told. */
export const DEFAULT_REGION = 'us-east-1';

/**
 * The settings of the cluster to start: those in DIR, with free ports, or new ones.
 * @throws Error one line, when DIR holds a cluster of another shape or the port asked for is taken
 */
export async function settingsFor(folder: ClusterFolder, options: UpOptions): Promise<ClusterSettings> {
  const known = readSettings(folder);
  const zones = options.zones === undefined ? (known?.zones ?? ['a']) : ZONE_NAMES.slice(0, options.zones);
  const regions = options.regions ?? known?.regions ?? [DEFAULT_REGION];
  const hsm = options.hsm ?? known?.hsm ?? 'softhsm';
  if (
    known !== undefined &&
    (known.zones.length !== zones.length || known.regions.join() !== regions.join() || (known.hsm ?? 'softhsm') !== hsm)
  ) {
    const is = `${String(known.zones.length)} zone(s) of ${known.regions.join(',')} with ${known.hsm ?? 'softhsm'}`;
    throw new Error(`${folder.dir} holds a cluster of ${is}: choose another --data, or npm run reset`);
  }
  const ports = await assignPorts(portNames(zones, regions), known?.ports ?? {}, options.port);
  makeClusterFolder(folder);
  return { version: 1, zones, regions, hsm, postgresData: known?.postgresData ?? choosePostgresData(folder.dir), ports };
}
