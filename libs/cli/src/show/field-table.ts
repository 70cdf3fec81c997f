/** One field of a format as the show commands print it. */
export interface ShownField {
  readonly offset: number;
  readonly length: number;
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

/** Fields in their order: name, length in bytes, value, meaning. */
export type Shape = readonly (readonly [name: string, length: number, value: string, meaning: string])[];

/** The fields with their offsets, each behind the one before. */
export function placed(shape: Shape): ShownField[] {
  let offset = 0;
  return shape.map(([name, length, value, meaning]) => {
    const field = { offset, length, name, value, meaning };
    offset += length;
    return field;
  });
}

/** The beginning of bytes that are of no interest one by one. */
export function shortened(bytes: Buffer): string {
  const most = 16;
  return bytes.length <= most ? bytes.toString('hex') : `${bytes.toString('hex', 0, most)}…`;
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
