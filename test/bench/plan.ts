import { loadOperations, operationForms, type LoadOperation } from '../load/operations.ts';
import { wires, type Wire } from '../load/open-target.ts';
import { rowName } from './bench-row.ts';

/** A row to be measured. */
export interface PlannedRow {
  readonly operation: LoadOperation;
  readonly wire: Wire;
  readonly inFlight: number;
}

/** Requests in flight: the budgets are for 32 and more. A stream takes eight full batches. */
const IN_FLIGHT: Readonly<Record<Wire, number>> = { https: 64, unary: 64, batch: 512, worker: 512 };

/** The rows, wire by wire: every operation of the wire with many in flight, and Encrypt alone on the road. */
export function planRows(only: readonly string[]): PlannedRow[] {
  const rows = wires.flatMap((wire) => [
    ...loadOperations
      .filter((operation) => operationForms[operation].wires.includes(wire))
      .map((operation) => ({ operation, wire, inFlight: IN_FLIGHT[wire] })),
    { operation: 'encrypt', wire, inFlight: 1 } satisfies PlannedRow,
  ]);
  return only.length === 0 ? rows : rows.filter((row) => only.some((words) => hasWords(rowName(row), words)));
}

/** Whether the name has every word: "encrypt https" has "https"; a word is a whole one, since "decrypt" holds "encrypt". */
function hasWords(name: string, words: string): boolean {
  const own = name.split(' ');
  return words.split(' ').every((word) => own.includes(word));
}
