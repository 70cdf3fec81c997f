/** Replacer for JSON.stringify of figures: a bigint becomes its digits, a Map an object. */
export function jsonable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Map ? Object.fromEntries(value as Map<string, unknown>) : value;
}
