import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { down, HSM_NAMES, logs, reset, status, up, type HsmName } from '@trent/local-cluster';

const DEFAULT_FOLDER = '.trent';
const DEFAULT_LINES = 200;

/** `npm run up|down|status|logs|reset`: the local cluster, from one command. */
const program = new Command('npm run').description('a whole Trent on this machine').showHelpAfterError();
const data = new Option('--data <dir>', 'folder of the cluster').default(DEFAULT_FOLDER).argParser((dir) => resolve(dir));
const print = (line: string): void => console.log(line);

program
  .command('up')
  .description('start the cluster and wait until all of it is ready')
  .addOption(new Option('--zones <count>', 'replicas of every tier').choices(['1', '3']))
  .option('--region <names>', 'regions, separated by commas (default us-east-1)', regionNames)
  .addOption(new Option('--hsm <module>', 'softhsm, or softokn of NSS with Ed25519, ML-DSA and ML-KEM').choices(HSM_NAMES))
  .addOption(data)
  .option('--port <port>', 'HTTPS port (default 4566, or a free one); gRPC listens on the next one', portNumber)
  .option('--verbose', 'print every log line while it starts', false)
  .action(async (options: { zones?: '1' | '3'; region?: string[]; hsm?: HsmName; data: string; port?: number; verbose: boolean }) => {
    await up(
      {
        dir: resolve(options.data),
        verbose: options.verbose,
        ...(options.zones === undefined ? {} : { zones: options.zones === '3' ? 3 : 1 }),
        ...(options.region === undefined ? {} : { regions: options.region }),
        ...(options.hsm === undefined ? {} : { hsm: options.hsm }),
        ...(options.port === undefined ? {} : { port: options.port }),
      },
      print,
    );
  });

program
  .command('down')
  .description('stop the cluster; its data stay')
  .addOption(data)
  .action(async (options: { data: string }) => down(resolve(options.data), print));

program
  .command('status')
  .description('show every process; exit code 1 unless all are ready')
  .addOption(data)
  .option('--json', 'as JSON', false)
  .action(async (options: { data: string; json: boolean }) => {
    if (!(await status(resolve(options.data), options.json, print))) process.exitCode = 1;
  });

program
  .command('logs')
  .description('print the newest log lines')
  .argument('[process]', 'a process (policy-a) or a service (policy)')
  .addOption(data)
  .option('--request <id>', 'only lines of this request')
  .option('--lines <count>', 'how many', Number, DEFAULT_LINES)
  .action((name: string | undefined, options: { data: string; request?: string; lines: number }) => {
    logs(
      {
        dir: resolve(options.data),
        lines: options.lines,
        ...(name === undefined ? {} : { process: name }),
        ...(options.request === undefined ? {} : { request: options.request }),
      },
      print,
    );
  });

program
  .command('reset')
  .description('stop the cluster and remove its folder with all keys and records')
  .addOption(data)
  .action(async (options: { data: string }) => reset(resolve(options.data), print));

function regionNames(text: string): string[] {
  const names = text.split(',');
  if (names.every((name) => /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(name)) && new Set(names).size === names.length) return names;
  throw new InvalidArgumentError('expected regions such as us-east-1,eu-west-1, each once');
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_535) return port;
  throw new InvalidArgumentError('expected a port number');
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.exit();
