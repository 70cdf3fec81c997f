import { metaOf, variableOf } from './field.ts';
import type { ConfigShape } from './load-config.ts';

/** A row of docs/configuration.md. */
export interface VariableDescription {
  readonly variable: string;
  readonly description: string;
  /** The default as it would be printed; undefined when the variable must be set. */
  readonly defaultValue: string | undefined;
  readonly optional: boolean;
  readonly secret: boolean;
}

/** Describes the variables of a shape in its order, for the generated documentation. */
export function describeConfig(shape: ConfigShape): readonly VariableDescription[] {
  return Object.entries(shape).map(([key, schema]) => {
    const meta = metaOf(schema);
    const unset = schema.safeParse(undefined);
    const value = unset.success ? unset.data : undefined;
    return {
      variable: variableOf(key, schema),
      description: meta.description ?? '',
      defaultValue: value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value),
      optional: unset.success,
      secret: meta.secret === true,
    };
  });
}
