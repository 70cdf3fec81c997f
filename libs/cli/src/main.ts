import { Command } from 'commander';
import { accountCommand } from './account.ts';
import { explainCommand } from './explain.ts';
import { freezeCommand, unfreezeCommand } from './freeze.ts';
import { hsmCommand } from './hsm.ts';
import { showCommand } from './show/show.ts';

const print = (line: string): void => {
  console.log(line);
};

/** `npm run trent -- …`: the operator's command. Every failure is one line and exit code 1. */
const program = new Command('trent')
  .description('operate a local Trent, and look into its formats')
  .showHelpAfterError()
  .addCommand(accountCommand(print))
  .addCommand(explainCommand(print))
  .addCommand(freezeCommand(print))
  .addCommand(unfreezeCommand(print))
  .addCommand(hsmCommand(print))
  .addCommand(showCommand(print));

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Object && 'message' in error ? error.message : error);
  process.exitCode = 1;
}
