/** One field of a format as the show commands print it. */
export interface ShownField {
  readonly offset: number;
  readonly length: number;
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

/** Lays fields out one a line, columns aligned. */
export function fieldTable(fields: readonly ShownField[]): string[] {
  const cells = fields.map(({ offset, length, name, value, meaning }) => [String(offset), String(length), name, value, meaning]);
  const head = ['offset', 'bytes', 'field', 'value', 'meaning'];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  return [head, ...cells].map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
