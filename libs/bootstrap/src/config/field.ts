import * as z from 'zod';

/** What a variable's schema may say beside its type, by `.meta({ … })`. */
export interface FieldMeta {
  /** Name of the environment variable when it is not derived from the key. */
  readonly variable?: string;
  /** The value is never printed. */
  readonly secret?: boolean;
  /** What the variable is for, one sentence (`.describe(…)` sets it). */
  readonly description?: string;
}

/** Schema of one variable: text in, a typed value out. */
export type Field<T> = z.ZodType<T, string>;

/**
 * Makes the schema of one variable from a parser.
 * @param expected completes the sentence "expected …", for the one line that a bad value prints
 * @param parse gives undefined for text that does not fit
 */
export function field<T>(expected: string, parse: (text: string) => T | undefined): Field<T> {
  const error = `expected ${expected}`;
  return z.string({ error }).transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: error });
    return z.NEVER;
  });
}

/** The variable that the key of a shape stands for: `grpcListen` is TRENT_GRPC_LISTEN. */
export function variableOf(key: string, schema: z.core.$ZodType): string {
  return metaOf(schema).variable ?? `TRENT_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** What a schema says of itself, also through `.optional()` and `.default(…)`. */
export function metaOf(schema: z.core.$ZodType): FieldMeta {
  const definition = schema._zod.def as z.core.$ZodTypeDef & { readonly innerType?: z.core.$ZodType };
  const inner = definition.innerType === undefined ? {} : metaOf(definition.innerType);
  return { ...inner, ...(z.globalRegistry.get(schema) as FieldMeta | undefined) };
}
