import { options, type Operation } from '@trent/contracts';

/** What a document says of everything KMS does; `silent`: it is there and speaks of other things. */
type Word = 'allows' | 'denies' | 'silent';

/** Who asks and what stands for them: everything that can decide. */
export interface Situation {
  readonly who: 'user' | 'session';
  /** The caller is of another account than the key. */
  readonly foreign?: boolean;
  /** The caller's identity policy, the role's for a session. */
  readonly identity: Word;
  readonly boundary?: Word;
  readonly session?: Word;
  /** What the key policy says of the caller, and by which name: a role's session has two. */
  readonly keyPolicy?: { readonly word: 'allows' | 'denies'; readonly name: 'own' | 'role' };
  /** The key policy lets its account decide by IAM policies. */
  readonly delegates: boolean;
  /** A grant on the key names the caller, with everything that a grant can give. */
  readonly grant?: boolean;
}

/** Why a request is refused, as records and answers say it. */
export type Refusal = 'foreign' | `explicit ${Source}` | `no ${Source}`;
type Source = 'resource' | 'identity' | 'boundary' | 'session';

/**
 * What AWS answers, read off the situation and the contract (IAM user guide, "Policy evaluation logic"; AWS KMS developer guide, "Determining
 * access to KMS keys"), sharing nothing with the evaluator. Undefined: the caller may.
 */
export function expectedRefusal(situation: Situation, { option, rpc }: Operation): Refusal | undefined {
  const { foreign = false, delegates, keyPolicy, grant = false } = situation;
  const isOnKey = option.keys.length > 0;
  if (isOnKey && foreign && !option.crossAccount) return 'foreign';
  const explicit = denialIn(situation, isOnKey);
  if (explicit !== undefined) return foreign && explicit === 'resource' ? 'foreign' : `explicit ${explicit}`;
  const identity = identityLacks(situation);
  if (!isOnKey) return identity;
  // A grant is retired by those whom it names, and by whom IAM lets do it in its account: no key policy gives it.
  if (rpc === 'RetireGrant') return foreign ? 'foreign' : identity === undefined ? undefined : 'no identity';
  // An alias has no policy of its own, and neither has the key that will be born.
  if (option.resource === options.Resource.RESOURCE_ALIAS_AND_KEY && identity !== undefined) return identity;
  if (grant && option.grantable) return undefined;
  const onKey = keyLacks(situation);
  if (onKey !== undefined) return onKey;
  return bearsKey(option) ? identity : undefined;

  function keyLacks(of: Situation): Refusal | undefined {
    const limits = limitsLack(of);
    if (keyPolicy?.word === 'allows' && !foreign) return keyPolicy.name === 'own' ? undefined : limits;
    if (keyPolicy?.word === 'allows') return identity;
    if (foreign) return 'foreign';
    return delegates ? identity : 'no resource';
  }
}

/** ReplicateKey makes a key in another Region, which asks for kms:CreateKey there. */
function bearsKey({ charges }: Operation['option']): boolean {
  return charges.some(({ quota }) => quota === 'CreateKey');
}

function denialIn({ keyPolicy, identity, boundary, session }: Situation, isOnKey: boolean): Source | undefined {
  if (isOnKey && keyPolicy?.word === 'denies') return 'resource';
  if (identity === 'denies') return 'identity';
  if (boundary === 'denies') return 'boundary';
  return session === 'denies' ? 'session' : undefined;
}

function identityLacks(situation: Situation): Refusal | undefined {
  return situation.identity === 'allows' ? limitsLack(situation) : 'no identity';
}

function limitsLack({ boundary = 'allows', session = 'allows' }: Situation): Refusal | undefined {
  if (boundary !== 'allows') return 'no boundary';
  return session === 'allows' ? undefined : 'no session';
}

const DOCUMENTS: Readonly<Record<Source, string>> = {
  resource: 'resource-based policy',
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
};

/** The end of the text that tells why. */
export function tellsWhy(refusal: Refusal, action: string): string {
  if (refusal === 'foreign') return 'no resource-based policies allow access, or a resource-based policy explicitly denies access';
  const [kind, source] = refusal.split(' ') as ['explicit' | 'no', Source];
  if (kind === 'no') return `because no ${DOCUMENTS[source]} allows the ${action} action`;
  return `with an explicit deny in ${source === 'identity' ? 'an' : 'a'} ${DOCUMENTS[source]}`;
}
