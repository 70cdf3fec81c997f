import { kms, type authorize } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseArn, rootArn, type AccountId } from '@trent/identifiers';
import { compilePolicy } from '@trent/policy-language';

/** The unique ids of those of these ARNs that are a root's, user's or role's. */
export type FindPrincipals = (names: PrincipalNames, deadline: number) => Promise<ReadonlyMap<string, string>>;

/** Principals as the store can look for them. */
export interface PrincipalNames {
  /** Roots, users and roles. */
  readonly arns: readonly string[];
  /** Of role sessions, whose ARNs lack the role's path. */
  readonly roles: readonly { readonly account: string; readonly name: string; readonly arn: string }[];
}

/** What a request says of principals, and the error for one that does not exist. */
interface Named {
  readonly names: readonly string[];
  readonly refuse: (missing: string) => never;
}

/** Of a user or role; an account's root is the account itself. */
const UNIQUE_ID = /^A(?:IDA|ROA)/;
const ACCOUNT_ID = /^\d{12}$/;

/**
 * Principals that a request names must exist (kms-api §5.1, §5.2; clients that have just made one in IAM repeat until it does).
 * Asked once the caller is known to be allowed, so that nobody learns of principals by it.
 * @returns unique ids of the users and roles, by ARN
 * @throws InvalidArnException for a grant's, MalformedPolicyDocumentException for a key policy's
 */
export async function checkNamedPrincipals(
  findPrincipals: FindPrincipals,
  item: authorize.AuthorizeItem,
  deadline: number,
): Promise<Readonly<Record<string, string>>> {
  const { names, refuse } = namedIn(item);
  if (names.length === 0) return {};
  const wanted = lookedFor(names);
  const found = await findPrincipals(wanted, deadline);
  const missing = [...wanted.arns, ...wanted.roles.map(({ arn }) => arn)].find((arn) => !found.has(arn));
  if (missing !== undefined) refuse(missing);
  return Object.fromEntries([...found].filter(([, id]) => UNIQUE_ID.test(id)));
}

/** Whether `checkNamedPrincipals` has anything to look for: the gateway shows such requests whole. */
export function namesPrincipals({ operation, request }: authorize.AuthorizeItem): boolean {
  return request.length > 0 && operation in READERS;
}

const inGrant = (missing: string): never => fail('InvalidArnException', `ARN does not refer to a valid principal: ${missing}`);
const inPolicy = (): never => fail('MalformedPolicyDocumentException', 'Policy contains a statement with one or more invalid principals.');

const READERS: Readonly<Record<string, (input: Buffer) => Named>> = {
  'kms.CreateGrant': (input) => {
    const { granteePrincipal, retiringPrincipal } = kms.CreateGrantRequest.decode(input);
    return { names: [granteePrincipal, retiringPrincipal].filter((name) => name !== undefined), refuse: inGrant };
  },
  'kms.CreateKey': (input) => inKeyPolicy(kms.CreateKeyRequest.decode(input).policy),
  'kms.PutKeyPolicy': (input) => inKeyPolicy(kms.PutKeyPolicyRequest.decode(input).policy),
  'kms.ReplicateKey': (input) => inKeyPolicy(kms.ReplicateKeyRequest.decode(input).policy),
};

function namedIn({ operation, request }: authorize.AuthorizeItem): Named {
  return READERS[operation]?.(request) ?? { names: [], refuse: inPolicy };
}

/** Of a document that is none, key-metadata says what is wrong. Unique ids stand for principals that are gone; services are no one's. */
function inKeyPolicy(text: string | undefined): Named {
  const names = new Set<string>();
  try {
    const { statements } = text === undefined ? { statements: [] } : compilePolicy(text, 'key');
    for (const { principals } of statements) for (const name of principals?.names ?? []) names.add(name);
  } catch {
    names.clear();
  }
  return { names: [...names].filter((name) => ACCOUNT_ID.test(name) || name.startsWith('arn:')), refuse: inPolicy };
}

function lookedFor(names: readonly string[]): PrincipalNames {
  const arns: string[] = [];
  const roles: { account: string; name: string; arn: string }[] = [];
  for (const name of names) {
    const parts = parseArn(name);
    const [kind, role = ''] = parts?.resource.split('/') ?? [];
    if (ACCOUNT_ID.test(name)) arns.push(rootArn(name as AccountId));
    else if (parts?.service !== 'sts') arns.push(name);
    else if (kind === 'assumed-role') roles.push({ account: parts.account, name: role, arn: name });
    else arns.push(rootArn(parts.account as AccountId));
  }
  return { arns, roles };
}
