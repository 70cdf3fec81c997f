import { resolve } from 'node:path';
import { clusterFolder, statusOf } from '@trent/local-cluster';
import { Command } from 'commander';

const LOOK_TIMEOUT_MS = 3_000;

/** What a crypto worker tells of its token on its admin port (`/debug/state`). */
interface TokenState {
  readonly label: string;
  readonly protectionLevel: string;
  readonly rootVersion: number;
  /** The region's, and that of its group. */
  readonly rootSets: readonly string[];
  readonly attempts: readonly { readonly attack: string; readonly outcome: string }[];
}

const HEAD = ['worker', 'region', 'token', 'root set', 'root sets of', 'level', 'attacks refused', 'attacks that worked'];

/** `trent hsm list`: every token of a local cluster with the protection level that its worker found by attacking it at start. */
export function hsmCommand(print: (line: string) => void): Command {
  const list = new Command('list')
    .description('tokens with their protection level (L1: a stolen database is harmless; L2: a compromised worker carries no key away)')
    .option('--data <dir>', 'folder of the cluster', '.trent')
    .action(async (options: { readonly data: string }) => {
      for (const line of await listTokens(resolve(options.data))) print(line);
    });
  return new Command('hsm').description('the HSMs of a local cluster').addCommand(list);
}

async function listTokens(dir: string): Promise<string[]> {
  const { processes, regions } = await statusOf(clusterFolder(dir));
  const workers = processes.filter(({ name }) => name.startsWith('crypto-worker-'));
  if (workers.length === 0) throw new Error(`no cluster in ${dir}: npm run up`);
  const rows = await Promise.all(
    workers.map(async ({ name, region, adminPort }) => [name, region ?? regions[0] ?? '', ...cellsOf(await tokenOf(adminPort))]),
  );
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [HEAD, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function cellsOf(token: TokenState | undefined): string[] {
  if (token === undefined) return ['no answer', '', '', '', '', ''];
  const worked = token.attempts.filter(({ outcome }) => outcome !== 'refused').map(({ attack }) => attack);
  const refused = token.attempts.length - worked.length;
  return [
    token.label,
    `version ${String(token.rootVersion)}`,
    token.rootSets.join(' + '),
    token.protectionLevel,
    `${String(refused)} of ${String(token.attempts.length)}`,
    worked.join(', '),
  ];
}

async function tokenOf(adminPort: number | null): Promise<TokenState | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${String(adminPort)}/debug/state`, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
    return ((await answer.json()) as { readonly token?: TokenState }).token;
  } catch {
    return undefined;
  }
}
