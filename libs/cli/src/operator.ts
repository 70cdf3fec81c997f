import { resolve } from 'node:path';
import { clusterFolder, operatorOf, readSettings, type AccountAdmin } from '@trent/local-cluster';

/** Runs a deed through the operator's door of a local cluster. @throws Error when there is no cluster */
export async function asOperator<Result>(dir: string, deed: (operator: AccountAdmin) => Promise<Result>): Promise<Result> {
  const folder = clusterFolder(resolve(dir));
  const settings = readSettings(folder);
  if (settings === undefined) throw new Error(`no cluster in ${folder.dir}: npm run up`);
  using operator = operatorOf(folder, settings);
  return await deed(operator);
}
