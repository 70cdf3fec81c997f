import { namedKey } from '@trent/ciphertext';
import { awsEnum, membersOf, type authorize, type Operation } from '@trent/contracts';
import { asTrentError, type TrentError } from '@trent/errors';

/** The keys that a request names. */
export interface NamedKeys {
  readonly queries: authorize.KeyQuery[];
  /** AWS spellings, aligned with `queries`; empty text: the default. */
  readonly algorithms: string[];
  /** What the request will fail with once the caller is found to be allowed: a key is named, but the ciphertext is none. */
  readonly lateFault: TrentError | undefined;
}

/** @throws {TrentError} InvalidCiphertextException when the ciphertext alone could name the key and does not */
export type ReadKeys = (message: object) => NamedKeys;

type Values = Record<string, unknown>;

/** One key that the operation touches, by properties of its message; empty: there is no such member. */
interface KeyUseProperties {
  readonly reference: string;
  readonly ciphertext: string;
  readonly algorithm: string;
  readonly region: string;
  readonly spell: (algorithm: number | undefined) => string | undefined;
}

const NO_KEYS: NamedKeys = { queries: [], algorithms: [], lateFault: undefined };
const SYMMETRIC = 'SYMMETRIC_DEFAULT';

/**
 * Makes the reader of an operation's keys. A ciphertext names its key by its header; it is read even when the request names one too, so that
 * policy can compare. Nothing in a header is proven before the tag is checked, which costs nothing but a wrong permit.
 */
export function keysOf({ option, request }: Operation): ReadKeys {
  if (option.keys.length === 0) return () => NO_KEYS;
  const members = new Map(membersOf(request).map((member) => [member.awsName, member]));
  const uses = option.keys.map((use): KeyUseProperties => {
    const algorithm = members.get(use.algorithmMember);
    return {
      reference: members.get(use.member)?.property ?? '',
      ciphertext: members.get(use.ciphertextMember)?.property ?? '',
      algorithm: algorithm?.property ?? '',
      region: members.get(use.regionMember)?.property ?? '',
      spell: algorithm?.field.enum === undefined ? () => undefined : awsEnum(algorithm.field.enum.typeName).toAws,
    };
  });
  return (message) => {
    const queries: authorize.KeyQuery[] = [];
    const algorithms: string[] = [];
    let lateFault: TrentError | undefined;
    const readsCiphertext = !ignoresCiphertext(message as Values);
    for (const use of uses) {
      const algorithm = use.spell((message as Values)[use.algorithm] as number | undefined) ?? '';
      const query = {
        reference: ((message as Values)[use.reference] as string | undefined) ?? '',
        ciphertextKeyId: '',
        ciphertextMaterialId: '',
        ciphertextRegion: '',
        region: ((message as Values)[use.region] as string | undefined) ?? '',
      };
      const ciphertext = (message as Values)[use.ciphertext] as Buffer | undefined;
      if (readsCiphertext && ciphertext !== undefined && (algorithm === '' || algorithm === SYMMETRIC))
        lateFault ??= readHeader(ciphertext, query);
      queries.push(query);
      algorithms.push(algorithm);
    }
    return { queries, algorithms, lateFault };
  };
}

/** A dry run may ask not to look at the ciphertext (API reference, Decrypt, DryRunModifiers): IGNORE_CIPHERTEXT is the only modifier. */
function ignoresCiphertext({ dryRunModifiers }: Values): boolean {
  return Array.isArray(dryRunModifiers) && dryRunModifiers.length > 0;
}

/** Fills in what the header says; the error if it says nothing, thrown at once if there is no other name for the key. */
function readHeader(ciphertext: Buffer, query: authorize.KeyQuery): TrentError | undefined {
  try {
    const named = namedKey(ciphertext);
    query.ciphertextKeyId = named.keyId;
    query.ciphertextMaterialId = named.materialId;
    query.ciphertextRegion = named.region;
    return undefined;
  } catch (error) {
    if (query.reference === '') throw error;
    return asTrentError(error);
  }
}
