import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { openModule } from '@trent/pkcs11';
import type { Module } from '@trent/pkcs11';
import { Command } from 'commander';
import { createOperator, readOperator, writeOperator } from './operator.ts';
import type { OperatorIdentity } from './operator.ts';
import { packageDigest, readPackage, writePackage } from './root-package.ts';
import type { RootPackage } from './root-package.ts';
import { genesisHere, joinHere } from './single-operator.ts';
import { openToken } from './token.ts';
import type { CeremonyToken } from './token.ts';

interface Options {
  readonly region: string;
  readonly package: string;
  readonly operator: readonly string[];
  readonly tokenLabel: string;
  readonly pinFile: string;
  readonly soPinFile?: string;
  readonly module: string;
  readonly moduleParameters?: string;
  readonly group?: string;
  readonly groupPackage?: string;
  readonly genesis?: true;
}

/**
 * Puts a region's root set and that of its group into a token, from nothing if need be: makes the token and its PINs, with --genesis also the
 * operators and the package. A process of its own, because SoftHSM reads SOFTHSM2_CONF once. Safe to repeat: what
 * exists is kept. Prints one line of JSON.
 */
async function joinToken(options: Options): Promise<void> {
  const { module: path, moduleParameters: libraryParameters } = options;
  const module = openModule({ path, ...(libraryParameters === undefined ? {} : { libraryParameters }) });
  const token = openOrCreateToken(module, options);
  const operators = await Promise.all(options.operator.map((path) => operatorAt(path, options)));
  const { label, serialNumber } = token.info;
  const { region, group } = options;
  const joined = await joinRootSet({ name: region, path: options.package }, token, operators, options);
  const result = {
    ...joined,
    label,
    serialNumber,
    ...(group === undefined ? {} : { group: await joinGroup(group, token, operators, options) }),
  };
  token.session.close();
  module.close();
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** A root set's name, which is its region's or group's, and the file of its package. */
interface Place {
  readonly name: string;
  readonly path: string;
}

async function joinRootSet(place: Place, token: CeremonyToken, operators: readonly OperatorIdentity[], options: Options) {
  const rootPackage = await packageFor(place, options, token, operators);
  const outcome = await joinHere({ rootPackage, operators, token, nowMs: Date.now() });
  const { region, rootVersion, threshold } = rootPackage;
  return { outcome, region, rootVersion, packageDigest: packageDigest(rootPackage), threshold };
}

function joinGroup(name: string, token: CeremonyToken, operators: readonly OperatorIdentity[], options: Options) {
  if (options.groupPackage === undefined) throw new Error('--group needs --group-package');
  return joinRootSet({ name, path: options.groupPackage }, token, operators, options);
}

function openOrCreateToken(module: Module, options: Options): CeremonyToken {
  const pin = pinAt(options.pinFile);
  if (module.findToken(options.tokenLabel)?.isUserPinSet !== true) {
    module.createToken(options.tokenLabel, pinAt(options.soPinFile ?? `${options.pinFile}.so`), pin);
  }
  return openToken(module, options.tokenLabel, pin);
}

/** The PIN of a file; a missing file is written with a random one. Ends of lines do not count. */
function pinAt(path: string): Buffer {
  if (!existsSync(path)) writeFileSync(path, randomBytes(16).toString('hex'), { mode: 0o600, flag: 'wx' });
  return Buffer.from(readFileSync(path, 'utf8').trimEnd(), 'utf8');
}

async function operatorAt(path: string, options: Options): Promise<OperatorIdentity> {
  if (options.genesis === true && !existsSync(path)) writeOperator(path, await createOperator(basename(path).replace(/\.[^.]*$/, '')));
  return readOperator(path);
}

async function packageFor(
  { name, path }: Place,
  { genesis }: Options,
  token: CeremonyToken,
  operators: readonly OperatorIdentity[],
): Promise<RootPackage> {
  if (genesis === true && !existsSync(path)) {
    writePackage(path, await genesisHere({ region: name, operators, threshold: operators.length, token, nowMs: Date.now() }));
  }
  const rootPackage = readPackage(path);
  if (rootPackage.region !== name) throw new Error(`the package is of region ${rootPackage.region}, not ${name}`);
  return rootPackage;
}

const command = new Command('join-token')
  .description("Puts a region's root set, and that of its group, into a token, on one machine that holds enough operators' identities.")
  .requiredOption('--region <name>', 'region of the root set')
  .requiredOption('--package <path>', 'root package')
  .requiredOption('--operator <paths...>', "operators' identity files, K of them")
  .requiredOption('--token-label <label>', 'token; made if missing')
  .requiredOption('--pin-file <path>', "user's PIN; made if missing")
  .option('--so-pin-file <path>', "security officer's PIN; made if missing (default: the PIN file with .so)")
  .requiredOption('--module <path>', 'PKCS#11 module')
  .option('--module-parameters <text>', 'settings that the module wants at C_Initialize (NSS)')
  .option('--group <name>', 'group of regions whose root set joins the token too, for multi-Region keys')
  .option('--group-package <path>', "the group's root package")
  .option('--genesis', 'make operators and package if they are missing, all operators needed to join (K = N)');
await joinToken(command.parse().opts<Options>()).catch((error: unknown) => {
  process.stderr.write(`join-token: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
