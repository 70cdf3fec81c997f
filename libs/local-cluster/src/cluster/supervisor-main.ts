import { ensureFirstAccount } from '../accounts/open-account.ts';
import { ensureCertificates } from '../pki/cluster-certificates.ts';
import { beginJoiningTokens } from './join-tokens.ts';
import { clusterFolder, readSettings } from './settings.ts';
import { supervise } from './supervise.ts';
import { clusterTable } from './table.ts';

/** The supervising process of one cluster: `node supervisor-main.ts DIR`, started by `up`. */
const folder = clusterFolder(process.argv[2] ?? '');
const settings = readSettings(folder);
if (settings === undefined) throw new Error(`there is no cluster in ${folder.dir}`);
process.exitCode = await supervise(folder, () => ({
  rows: clusterTable(folder, settings, beginJoiningTokens(folder, settings)),
  before: async () => {
    await ensureCertificates(folder.pki, Date.now());
  },
  after: () => ensureFirstAccount(folder, settings),
}));
process.exit();
