import { Command, InvalidArgumentError } from 'commander';
import { asOperator } from './operator.ts';

interface Options {
  readonly principal: string;
  readonly action: string;
  readonly key?: string;
  readonly context: ReadonlyMap<string, string>;
  readonly data: string;
}

/** `trent explain`: why a principal may or may not, by the evaluator that decides. */
export function explainCommand(print: (line: string) => void): Command {
  return new Command('explain')
    .description('why a principal may or may not do something')
    .requiredOption('--principal <arn>', 'root, user or role')
    .requiredOption('--action <action>', 'as kms:Decrypt')
    .option('--key <arn>', 'key ARN; without it: an operation that names no key')
    .option('--context <key=value>', 'a condition key of the request, again for each', addPair, new Map<string, string>())
    .option('--data <dir>', 'folder of the cluster', '.trent')
    .action(async ({ principal, action, key = '', context, data }: Options) => {
      const answer = await asOperator(data, (operator) => operator.explain({ principal, action, key, context: new Map(context) }));
      print(`${answer.allowed ? 'allowed' : 'denied'}: ${answer.reason}`);
      if (answer.message !== '') print(`  ${answer.message}`);
      for (const { document, source, sid, effect, index, line } of answer.statements) {
        const name = [document, source, sid === '' ? `statement ${String(index + 1)}` : sid].filter((part) => part !== '').join(' ');
        print(`  ${effect}: ${name} (line ${String(line)})`);
      }
      print(`  asked: ${answer.documents.length === 0 ? 'nothing' : answer.documents.join(', ')}`);
    });
}

function addPair(text: string, pairs: Map<string, string>): Map<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('expected key=value');
  return pairs.set(text.slice(0, at), text.slice(at + 1));
}
