import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { accountVariables, clusterFolder, openAccount, readSettings, writeEnvFile } from '@trent/local-cluster';
import { Command, InvalidArgumentError } from 'commander';
import { asOperator } from './operator.ts';
import { mapServiceCommand, servicesCommand } from './services.ts';

interface CreateOptions {
  readonly id?: string;
  readonly env: string;
  readonly data: string;
}

/** `trent account create`: another account beside the first one. */
export function accountCommand(print: (line: string) => void): Command {
  const create = new Command('create')
    .description('make an account and write a shell file with its endpoint, root access key and client certificate')
    .option('--id <account>', '12 digits (default: random ones)', accountId)
    .requiredOption('--env <file>', 'file to write (mode 0600)')
    .option('--data <dir>', 'folder of the cluster', '.trent')
    .action(createAccount);
  const map = new Command('map-certificate')
    .description('let client certificates with a SPIFFE id act as a principal of an account')
    .requiredOption('--account <id>', '12 digits', accountId)
    .requiredOption('--spiffe-id <id>', 'spiffe://<trust domain>/…')
    .option('--principal <arn>', 'root, user or role (default: the root)')
    .option('--data <dir>', 'folder of the cluster', '.trent')
    .action(mapCertificate);
  return new Command('account')
    .description('accounts of a local cluster')
    .addCommand(create)
    .addCommand(map)
    .addCommand(mapServiceCommand())
    .addCommand(servicesCommand(print));
}

async function createAccount(options: CreateOptions): Promise<void> {
  const folder = clusterFolder(resolve(options.data));
  const settings = readSettings(folder);
  if (settings === undefined) throw new Error(`no cluster in ${folder.dir}: npm run up`);
  const account = await openAccount(folder, settings, options.id ?? randomAccountId());
  writeEnvFile(resolve(options.env), accountVariables(account));
  console.log(`account ${account.accountId}; use it:  . ${resolve(options.env)}`);
}

interface MapOptions {
  readonly account: string;
  readonly spiffeId: string;
  readonly principal?: string;
  readonly data: string;
}

async function mapCertificate({ account, spiffeId, principal, data }: MapOptions): Promise<void> {
  await asOperator(data, (operator) => operator.mapCertificate(account, spiffeId, principal));
  console.log(`${spiffeId} acts as ${principal ?? `the root of ${account}`}`);
}

function accountId(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new InvalidArgumentError('expected 12 digits');
}

/** Two draws: randomInt takes ranges below 2^48 only, and AWS's ids do not begin with zero. */
function randomAccountId(): string {
  return `${String(randomInt(100_000, 1_000_000))}${String(randomInt(1_000_000)).padStart(6, '0')}`;
}
