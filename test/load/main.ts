import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { clusterAccess } from './cluster-access.ts';
import { driveClosedLoop, driveOpenLoop } from './drive.ts';
import { makeWorkload } from './make-workload.ts';
import type { RunFigures } from './measurement.ts';
import { openTarget, requestsOf, type Wire } from './open-target.ts';
import { parseMix } from './operation-mix.ts';
import { positive } from './option-values.ts';
import { loadOperations } from './operations.ts';

interface Options {
  readonly target: 'worker' | 'gateway' | 'https';
  readonly wire: 'batch' | 'unary';
  readonly rate: number;
  readonly duration: number;
  readonly warmUp: number;
  readonly mix: string;
  readonly data: string;
  readonly json: boolean;
}

/** `npm run load`: open-loop load on the local cluster in DIR; latencies count from the time each request was due. */
const program = new Command('npm run load --')
  .description('send requests at a fixed rate to a running cluster and print throughput, latencies and errors')
  .addOption(
    new Option('--target <target>', 'https (SigV4), gateway (native gRPC), or the crypto worker alone (permits made here)')
      .choices(['worker', 'gateway', 'https'])
      .makeOptionMandatory(),
  )
  .addOption(new Option('--wire <wire>', 'how the gateway is asked natively').choices(['batch', 'unary']).default('batch'))
  .option('--rate <n>', 'requests a second', positive, 100)
  .option('--duration <seconds>', 'how long', positive, 10)
  .option('--warm-up <seconds>', 'closed loop before it, not counted: connections, compiled code', notNegative, 1)
  .option('--mix <shares>', `operations with their shares: ${loadOperations.join(', ')}`, 'encrypt=50,decrypt=50')
  .option('--data <dir>', 'folder of the cluster', '.trent')
  .option('--json', 'as JSON', false)
  .showHelpAfterError();

function notNegative(text: string): number {
  return text === '0' ? 0 : positive(text);
}

/** Callers of the warm-up: as many connections are open when the schedule begins. */
const WARM_UP_CALLERS = 32;

async function load(options: Options): Promise<RunFigures> {
  const mix = parseMix(options.mix);
  const access = clusterAccess(resolve(options.data));
  const workload = await makeWorkload(access, mix.names);
  const wire: Wire = options.target === 'gateway' ? options.wire : options.target;
  const target = await openTarget(wire, access, workload.keys.SYMMETRIC_DEFAULT ?? '');
  try {
    const request = requestsOf(target, workload, mix);
    if (options.warmUp > 0) await driveClosedLoop(WARM_UP_CALLERS, options.warmUp * 1000, request);
    return await driveOpenLoop({ ratePerSecond: options.rate, durationMs: options.duration * 1000 }, request);
  } finally {
    target.close();
  }
}

function report({ target, rate, duration, mix }: Options, figures: RunFigures): string[] {
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  const { p50Ms, p90Ms, p99Ms, p999Ms, maxMs, errors } = figures;
  const failures = Object.entries(errors).map(([code, count]) => `  ${code}: ${count}`);
  return [
    `${target}, ${mix}: ${rate} requests a second for ${duration} s, open loop (latency from the time a request was due)`,
    `answered ${figures.answered} in ${figures.seconds.toFixed(1)} s: ${figures.opsPerSecond.toFixed(0)} a second`,
    `latency p50 ${ms(p50Ms)}, p90 ${ms(p90Ms)}, p99 ${ms(p99Ms)}, p99.9 ${ms(p999Ms)}, longest ${ms(maxMs)}`,
    `errors ${figures.failed}`,
    ...failures,
  ];
}

try {
  const options = program.parse().opts<Options>();
  const figures = await load(options);
  console.log(options.json ? JSON.stringify(figures, undefined, 2) : report(options, figures).join('\n'));
  process.exitCode = figures.failed === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
process.exit();
