import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { RunFigures } from '../load/measurement.ts';
import type { LoadOperation } from '../load/operations.ts';
import type { Wire } from '../load/open-target.ts';
import type { Workload } from '../load/workload.ts';

/** What the generator's process is told. */
export type GeneratorOrder =
  | { readonly kind: 'open'; readonly dir: string; readonly wire: Wire; readonly workload: Workload }
  | { readonly kind: 'run'; readonly operation: LoadOperation; readonly inFlight: number; readonly durationMs: number };

/** What it answers. */
export type GeneratorAnswer =
  { readonly kind: 'opened' } | { readonly kind: 'ran'; readonly figures: RunFigures; readonly cpuSeconds: number };

/** A load generator in a process of its own, so that its CPU is its own too. */
export class Generator implements Disposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async open(dir: string, wire: Wire, workload: Workload): Promise<Generator> {
    const script = join(import.meta.dirname, 'generator-process.ts');
    const child = fork(script, [], { execArgv: ['--disable-warning=ExperimentalWarning'], serialization: 'advanced' });
    const generator = new Generator(child);
    await generator.#tell({ kind: 'open', dir, wire, workload });
    return generator;
  }

  async run(operation: LoadOperation, inFlight: number, durationMs: number): Promise<{ figures: RunFigures; cpuSeconds: number }> {
    const answer = await this.#tell({ kind: 'run', operation, inFlight, durationMs });
    if (answer.kind !== 'ran') throw new Error('the load generator answered something else');
    return answer;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }

  #tell(order: GeneratorOrder): Promise<GeneratorAnswer> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`the load generator ended with ${String(code)}`));
      child.once('exit', ended);
      child.once('message', (answer) => {
        child.off('exit', ended);
        resolve(answer as GeneratorAnswer);
      });
      child.send(order);
    });
  }
}
