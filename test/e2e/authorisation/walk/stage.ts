import { membersOf, operations, type Operation } from '@trent/contracts';
import { grantOperationsOf, isKeyOperation, isUsageOperation, usageTable, type KeySpec, type KeyUsage } from '@trent/key-model';
import { sampleInput } from '../../contract/samples.ts';
import type { Caller, Members } from '../../fixtures/caller.ts';
import { aKey, type TestKey } from '../../fixtures/keys.ts';
import type { Actor } from './actors.ts';
import type { Situation } from './expected.ts';

/** A spec for each usage whose keys the HSM of the tests makes. */
const SPECS = {
  ENCRYPT_DECRYPT: 'SYMMETRIC_DEFAULT',
  SIGN_VERIFY: 'ECC_NIST_P256',
  GENERATE_VERIFY_MAC: 'HMAC_256',
  KEY_AGREEMENT: 'ECC_NIST_P256',
} as const satisfies Readonly<Partial<Record<KeyUsage, KeySpec>>>;
type Usage = keyof typeof SPECS;

/** Every operation of KMS that is served and has a key which can be made here, or none. */
export const walked: readonly Operation[] = [...operations.values()].filter(
  (operation) => operation.wire.signingName === 'kms' && usageOf(operation) in SPECS,
);

/** Keys of one account: one a usage, one for what changes keys, and a second of its kind. */
export class Stage {
  readonly root: Caller;
  readonly #keys = new Map<Usage | 'changed' | 'helper', TestKey>();
  readonly #inputs = new Map<string, Members>();

  private constructor(root: Caller) {
    this.root = root;
  }

  static async set(root: Caller): Promise<Stage> {
    const stage = new Stage(root);
    for (const [usage, KeySpec] of Object.entries(SPECS) as [Usage, KeySpec][])
      stage.#keys.set(usage, await aKey(root, { KeySpec, KeyUsage: usage }));
    for (const name of ['changed', 'helper'] as const) stage.#keys.set(name, await aKey(root));
    return stage;
  }

  /** Requests that were made while the root may do anything. */
  async inputs(): Promise<ReadonlyMap<string, Members>> {
    for (const operation of walked) if (!this.#inputs.has(operation.name)) this.#inputs.set(operation.name, await this.#sample(operation));
    return this.#inputs;
  }

  /** What an account asks of its own is named by its own names. */
  inputAs(account: string, { option }: Operation, input: Members): Members {
    if (option.keys.length > 0) return input;
    return JSON.parse(JSON.stringify(input).replaceAll(this.root.account.accountId, account)) as Members;
  }

  /** An operation was done: what it moved or removed is not there for the next. */
  done({ name, option }: Operation): void {
    if (option.aliasMember !== '') this.#inputs.delete(name);
  }

  /** Gives the caller of a situation their grants, if they are to have any. */
  async grant({ grant }: Situation, { own }: Actor): Promise<void> {
    if (grant === undefined) return;
    for (const [name, { id: KeyId }] of this.#keys) {
      const usage = name === 'changed' || name === 'helper' ? 'ENCRYPT_DECRYPT' : name;
      await this.root.ok('CreateGrant', { KeyId, GranteePrincipal: own, Operations: grantOperationsOf(SPECS[usage], usage) });
    }
  }

  /** Puts the situation's policy on every key. @returns the policy */
  async putPolicy({ keyPolicy, delegates }: Situation, { own, role }: Actor): Promise<string> {
    const account = `arn:aws:iam::${this.root.account.accountId}:root`;
    const statements = [
      // Without a statement for the account the root alone may bring the policy back.
      {
        Effect: 'Allow',
        Principal: { AWS: account },
        Action: 'kms:*',
        Resource: '*',
        ...(delegates ? {} : { Condition: { ArnEquals: { 'aws:PrincipalArn': account } } }),
      },
      ...(keyPolicy === undefined
        ? []
        : [
            {
              Effect: keyPolicy.word === 'allows' ? 'Allow' : 'Deny',
              Principal: { AWS: keyPolicy.name === 'own' ? own : (role ?? own) },
              Action: 'kms:*',
              Resource: '*',
            },
          ]),
    ];
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    await this.#putOnAll(Policy);
    return Policy;
  }

  /** Lets the root do anything again, with keys that are in use. */
  async clear(): Promise<void> {
    const account = `arn:aws:iam::${this.root.account.accountId}:root`;
    const statement = { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' };
    await this.#putOnAll(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
    const { id: KeyId } = this.#key('changed');
    for (const operation of ['CancelKeyDeletion', 'EnableKey']) await this.root.kms(operation, { KeyId });
  }

  async #putOnAll(Policy: string): Promise<void> {
    for (const { id: KeyId } of this.#keys.values())
      await this.root.ok('PutKeyPolicy', { KeyId, Policy, BypassPolicyLockoutSafetyCheck: true });
  }

  /** Keys are named by their ARNs, so that another account can name them too. */
  async #sample(operation: Operation): Promise<Members> {
    const { option } = operation;
    const namesAliasAlone = option.keys.every(({ member }) => member === option.aliasMember);
    const key = this.#key(option.readOnly ? usageOf(operation) : namesAliasAlone ? 'helper' : 'changed');
    const helper = this.#key('helper');
    const input = await sampleInput(operation, { caller: this.root, key, helper, material: undefined, position: 0, usable: true });
    const arns = new Map([key, helper].map(({ id, arn }) => [id, arn]));
    const isDry = !option.readOnly && membersOf(operation.request).some(({ awsName }) => awsName === 'DryRun');
    const named: Record<string, unknown> = { ...input, ...(isDry ? { DryRun: true } : {}) };
    for (const [name, value] of Object.entries(input)) if (typeof value === 'string') named[name] = arns.get(value) ?? value;
    return named;
  }

  #key(name: Usage | 'changed' | 'helper'): TestKey {
    const key = this.#keys.get(name);
    if (key === undefined) throw new Error(`no key ${name}`);
    return key;
  }
}

function usageOf({ rpc }: Operation): Usage {
  if (rpc === 'GetPublicKey') return 'SIGN_VERIFY';
  const named = rpc === 'ReEncrypt' ? 'ReEncryptFrom' : rpc;
  return (isKeyOperation(rpc) && isUsageOperation(named) ? usageTable[named].usage : 'ENCRYPT_DECRYPT') as Usage;
}
