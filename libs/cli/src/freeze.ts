import { Command } from 'commander';
import type { FreezeKind } from '@trent/local-cluster';
import { asOperator } from './operator.ts';

interface Options {
  readonly account?: string;
  readonly principal?: string;
  readonly key?: string;
  readonly reason: string;
  readonly list?: true;
  readonly data: string;
}

/** `trent freeze`: the kill switch. Without a target it lists what is frozen. */
export function freezeCommand(print: (line: string) => void): Command {
  return targets(new Command('freeze'))
    .description('refuse everything of an account, of a principal or on a key, at once; without any: list what is frozen')
    .action(async (options: Options) => {
      const target = targetOf(options);
      if (target === undefined) {
        const frozen = await asOperator(options.data, (operator) => operator.listFreezes());
        for (const { target: name, atMs, reason } of frozen)
          print(`${name}  since ${new Date(Number(atMs)).toISOString()}  ${reason}`.trimEnd());
        return;
      }
      await asOperator(options.data, (operator) => operator.freeze(target.kind, target.name, options.reason));
      print(`${target.kind} ${target.name} is frozen`);
    });
}

/** `trent unfreeze` */
export function unfreezeCommand(print: (line: string) => void): Command {
  return targets(new Command('unfreeze'))
    .description('let go what was frozen')
    .action(async (options: Options) => {
      const target = targetOf(options);
      if (target === undefined) throw new Error('one of --account, --principal and --key is needed');
      await asOperator(options.data, (operator) => operator.unfreeze(target.kind, target.name, options.reason));
      print(`${target.kind} ${target.name} is not frozen`);
    });
}

function targets(command: Command): Command {
  return command
    .option('--account <id>', '12 digits')
    .option('--principal <arn>', 'root, user, role or role session')
    .option('--key <arn>', 'key ARN')
    .option('--reason <text>', 'goes into the trail of the account', '')
    .option('--data <dir>', 'folder of the cluster', '.trent');
}

function targetOf(options: Options): { readonly kind: FreezeKind; readonly name: string } | undefined {
  const named = (['account', 'principal', 'key'] as const).flatMap((kind) => {
    const name = options[kind];
    return name === undefined ? [] : [{ kind, name }];
  });
  if (named.length > 1) throw new Error('one of --account, --principal and --key at a time');
  return named[0];
}
