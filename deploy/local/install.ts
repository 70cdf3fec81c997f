import { installMissing } from '../../libs/local-cluster/src/install/install-missing.ts';

/** Fetches what the machine lacks. Runs before npm's packages are known to work, so it is imported by path and knows node: modules alone. */
try {
  await installMissing((line) => console.error(line));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
