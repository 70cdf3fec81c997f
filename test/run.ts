import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/** `npm test`: every check of the repository, one after another; the last line counts. A step that is no jest run counts as one test. */
const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

interface Step {
  readonly name: string;
  run(): Promise<Tally>;
}

/** Chaos runs on its own (`npm run test:chaos`): it needs minutes of a machine that does nothing else. */
const LAYERS = ['unit', 'property', 'service', 'e2e'] as const;

function steps(): Step[] {
  return [
    check('format', [bin('prettier'), '--check', '--log-level', 'warn', '.']),
    // The boundary rule reads Nx's project graph, so the graph is made first.
    check('project graph', [bin('nx'), 'show', 'projects', '--json'], 'quiet'),
    check('lint', [bin('eslint'), '.', '--max-warnings', '0']),
    check('typecheck', [bin('tsc'), '-p', 'tsconfig.json']),
    ...LAYERS.map(layer),
  ];
}

function check(name: string, command: readonly string[], output: 'quiet' | 'shown' = 'shown'): Step {
  return { name, run: async () => tallyOf((await execute(command, output)) === 0) };
}

/** Backends and whole clusters share the cores: the outer layers run their files one by one. */
function layer(name: (typeof LAYERS)[number]): Step {
  const workers = name === 'unit' || name === 'property' ? availableParallelism() : 1;
  return {
    name,
    run: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'trent-test-run-'));
      const report = join(folder, 'report.json');
      const options = ['--selectProjects', name, '--passWithNoTests', `--maxWorkers=${workers}`, '--json', `--outputFile=${report}`];
      // A client of NATS that is closed while it connects anew can leave a timer behind, which would keep a finished run for ever.
      options.push('--forceExit');
      try {
        const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(root, 'node_modules/jest/bin/jest.js')];
        const code = await execute([process.execPath, ...node, ...options, ...process.argv.slice(2)], 'quiet');
        return tallyOfJest(report, code);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** A file that could not be loaded, or a run that ended badly without saying so, is a failure too. */
function tallyOfJest(report: string, code: number): Tally {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function tallyOf(good: boolean): Tally {
  return good ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** jest prints its JSON on standard output, which is in the report anyway; what people read goes to standard error. */
async function execute([program = '', ...args]: readonly string[], output: 'quiet' | 'shown' = 'shown'): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, NX_DAEMON: 'false' },
      stdio: ['ignore', output === 'quiet' ? 'ignore' : 'inherit', 'inherit'],
    });
    child.once('error', () => {
      resolve(1);
    });
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

let passed = 0;
let failed = 0;
for (const step of steps()) {
  const begun = performance.now();
  const tally = await step.run();
  passed += tally.passed;
  failed += tally.failed;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`== ${step.name}: ${tally.passed} passed, ${tally.failed} failed (${seconds} s)`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
