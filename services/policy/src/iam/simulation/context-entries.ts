import { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import { isIP } from 'node:net';
import { foldCase } from '@trent/policy-evaluator';

type IsOfType = (value: string) => boolean;

const isNumeric: IsOfType = (value) => /^-?\d{1,32}(?:\.\d{1,32})?$/.test(value);
const isBoolean: IsOfType = (value) => /^(?:true|false)$/i.test(value);
const isBinary: IsOfType = (value) => Buffer.from(value, 'base64').toString('base64') === value;
const isDate: IsOfType = (value) => /^\d{1,16}$/.test(value) || !Number.isNaN(Date.parse(value));
const isAddress: IsOfType = (value) => {
  const [address = '', bits, ...more] = value.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};

const T = iam.ContextKeyType;
/** What values of a type look like (IAM API reference, ContextEntry); lists may have several. */
const TYPES: Partial<Record<iam.ContextKeyType, { readonly isList: boolean; readonly isOfType: IsOfType }>> = {
  [T.CONTEXT_KEY_TYPE_STRING]: { isList: false, isOfType: () => true },
  [T.CONTEXT_KEY_TYPE_STRING_LIST]: { isList: true, isOfType: () => true },
  [T.CONTEXT_KEY_TYPE_NUMERIC]: { isList: false, isOfType: isNumeric },
  [T.CONTEXT_KEY_TYPE_NUMERIC_LIST]: { isList: true, isOfType: isNumeric },
  [T.CONTEXT_KEY_TYPE_BOOLEAN]: { isList: false, isOfType: isBoolean },
  [T.CONTEXT_KEY_TYPE_BOOLEAN_LIST]: { isList: true, isOfType: isBoolean },
  [T.CONTEXT_KEY_TYPE_IP]: { isList: false, isOfType: isAddress },
  [T.CONTEXT_KEY_TYPE_IP_LIST]: { isList: true, isOfType: isAddress },
  [T.CONTEXT_KEY_TYPE_BINARY]: { isList: false, isOfType: isBinary },
  [T.CONTEXT_KEY_TYPE_BINARY_LIST]: { isList: true, isOfType: isBinary },
  [T.CONTEXT_KEY_TYPE_DATE]: { isList: false, isOfType: isDate },
  [T.CONTEXT_KEY_TYPE_DATE_LIST]: { isList: true, isOfType: isDate },
};

/**
 * The condition keys that a simulation is told, folded, with their values.
 * @throws InvalidInput for an entry that is not whole, comes twice, or has a value that is not of its type
 */
export function suppliedKeys(entries: readonly iam.ContextEntry[]): ReadonlyMap<string, readonly string[]> {
  const supplied = new Map<string, readonly string[]>();
  for (const { contextKeyName: name, contextKeyType, contextKeyValues: values } of entries) {
    const type = contextKeyType === undefined ? undefined : TYPES[contextKeyType];
    if (name === undefined || type === undefined || values.length === 0) {
      fail('InvalidInput', 'A context entry has ContextKeyName, ContextKeyType and ContextKeyValues.');
    }
    if (!name.includes(':')) fail('InvalidInput', `Invalid context key name: ${name}`);
    if (!type.isList && values.length > 1) fail('InvalidInput', `Context key ${name} is of a single-valued type and has several values.`);
    if (!values.every(type.isOfType)) fail('InvalidInput', `Context key ${name} has a value that is not of its type.`);
    if (supplied.has(foldCase(name))) fail('InvalidInput', `Context key ${name} is given more than once.`);
    supplied.set(foldCase(name), values);
  }
  return supplied;
}
