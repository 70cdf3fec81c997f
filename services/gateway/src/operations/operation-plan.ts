import { membersOf, operations, options, type Operation, type OperationName } from '@trent/contracts';

import { factsOf, type FactsOf } from './facts.ts';
import { keysOf, type ReadKeys } from './key-queries.ts';
import { lateRules, type LateRule } from './late-rules.ts';
import { requestRules, type RequestRule } from './request-rules.ts';
import { validator, type Validate } from './validate.ts';

/** What the gateway has worked out once of an operation, so that a request costs no look at descriptors. */
export interface OperationPlan {
  readonly operation: Operation;
  /** What is wrong with the members one by one (kms-api §1.3, step 3). */
  readonly validate: Validate;
  /** What they must be together (step 4); throws what is wrong. */
  readonly rules: readonly RequestRule[];
  /** What they must be for the key that was found (step 10); throws what is wrong. */
  readonly lateRule: LateRule | undefined;
  readonly keys: ReadKeys;
  readonly facts: FactsOf;
  readonly grantTokens: (message: object) => string[];
  /** Of RetireGrant: the grant, where no token names it. */
  readonly grantId: (message: object) => string;
  readonly aliasName: (message: object) => string;
  /** Name, ARN or URL of what of IAM the request is about, and the path where it will be made. */
  readonly resourceName: (message: object) => string;
  readonly resourcePath: (message: object) => string;
  /** Whether policy is to see the whole request: it names principals, who must exist. */
  readonly namesPrincipals: (message: object) => boolean;
  readonly isDryRun: (message: object) => boolean;
  /** Policy reads the whole request: what decides is more than facts. */
  readonly isForRole: boolean;
  /** The request itself proves who calls; nobody signs. */
  readonly isUnsigned: boolean;
  /** Executed by a crypto-worker under a permit; the rest is invoked in its room. */
  readonly isCrypto: boolean;
  /** The link may send it again after a transport failure (changes stand under an idempotency row). */
  readonly repeat: 'safe' | 'once';
  readonly lane: 'fast' | 'slow';
  /** It may make a key whose primes must be found. */
  readonly makesKeys: boolean;
  /** What the request costs in other Regions. */
  readonly charges: (message: object) => readonly Charge[];
}

/** Requests of a quota class in another Region. */
export interface Charge {
  readonly region: string;
  readonly quota: string;
  readonly quotaPerSecond: number;
  readonly times: number;
}

const NO_CHARGES: readonly Charge[] = [];

/** Operations that can ask for an RSA key. */
const MAKES_KEYS: ReadonlySet<string> = new Set<OperationName>([
  'kms.CreateKey',
  'kms.GenerateDataKeyPair',
  'kms.GenerateDataKeyPairWithoutPlaintext',
  'kms.GetParametersForImport',
]);

/** Plans of all operations, by name ("kms.Encrypt"). */
export function planOperations(): ReadonlyMap<string, OperationPlan> {
  return new Map([...operations].map(([name, operation]) => [name, planOperation(operation)]));
}

function planOperation(operation: Operation): OperationPlan {
  const { option } = operation;
  return {
    operation,
    validate: validator(operation.request),
    rules: requestRules[operation.name] ?? [],
    lateRule: lateRules[operation.name],
    keys: keysOf(operation),
    facts: factsOf(operation),
    grantTokens: grantTokens(operation),
    grantId: operation.name === 'kms.RetireGrant' ? reader(operation, 'GrantId', '') : () => '',
    aliasName: reader(operation, option.aliasMember, ''),
    resourceName: reader(operation, option.identity?.member ?? '', ''),
    resourcePath: reader(operation, option.identity?.pathMember ?? '', ''),
    namesPrincipals: namesPrincipals(operation),
    isDryRun: reader(operation, 'DryRun', false),
    isForRole: option.resource === options.Resource.RESOURCE_ROLE,
    isUnsigned: option.unsigned,
    isCrypto: option.room === options.Room.ROOM_CRYPTO_WORKER,
    repeat: option.repeat === options.Repeat.REPEAT_UNSPECIFIED ? 'once' : 'safe',
    lane: option.lane === options.Lane.LANE_SLOW ? 'slow' : 'fast',
    makesKeys: MAKES_KEYS.has(operation.name),
    charges: chargesOf(operation),
  };
}

function chargesOf(operation: Operation): OperationPlan['charges'] {
  const { charges } = operation.option;
  if (charges.length === 0) return () => NO_CHARGES;
  const readers = charges.map(({ regionMember, quota, times }) => ({
    region: reader(operation, regionMember, ''),
    quota,
    quotaPerSecond: [...operations.values()].find(({ option }) => option.quota === quota)?.option.quotaPerSecond ?? 0,
    times,
  }));
  return (message) => readers.map(({ region, ...charge }) => ({ region: region(message), ...charge }));
}

/** Tokens that prove grants, or the one that names the grant to retire. */
function grantTokens(operation: Operation): (message: object) => string[] {
  if (operation.name !== 'kms.RetireGrant') return reader(operation, 'GrantTokens', []);
  const token = reader<string | undefined>(operation, 'GrantToken', undefined);
  return (message) => {
    const named = token(message);
    return named === undefined ? [] : [named];
  };
}

/** A grant names principals, a key policy may. */
function namesPrincipals(operation: Operation): (message: object) => boolean {
  if (operation.name === 'kms.CreateGrant') return () => true;
  const policy = operation.name.startsWith('kms.') ? reader(operation, 'Policy', '') : () => '';
  return (message) => policy(message) !== '';
}

/** Reads one member by its AWS name; `absent` when the operation has no such member or the request does not set it. */
function reader<T>({ request }: Operation, awsName: string, absent: T): (message: object) => T {
  const property = membersOf(request).find((member) => member.awsName === awsName)?.property;
  if (property === undefined) return () => absent;
  return (message) => ((message as Record<string, unknown>)[property] as T | undefined) ?? absent;
}
