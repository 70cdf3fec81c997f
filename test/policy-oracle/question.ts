/** One question to both evaluators, in plain data: documents are texts, as they were put. */
export interface Question {
  readonly principal: Asker;
  readonly action: string;
  readonly resource: '*' | { readonly arn: string; readonly account: string };
  /** Condition keys in any case. */
  readonly context: Readonly<Record<string, readonly string[]>>;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly keyPolicy?: string;
  readonly identity: readonly string[];
  readonly boundary?: string;
  readonly session: readonly string[];
  readonly grants: readonly PlainGrant[];
  /** Of kms:CreateGrant. */
  readonly childGrant?: Pick<PlainGrant, 'operations' | 'constraints'>;
}

/** Who asks. */
export interface Asker {
  readonly arn: string;
  readonly account: string;
  readonly type: 'root' | 'user' | 'role-session' | 'federated-user' | 'service' | 'anonymous';
  readonly roleArn?: string;
  readonly uniqueId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A grant as ListGrants shows it. */
export interface PlainGrant {
  readonly grantId: string;
  readonly grantee: { readonly principal: string } | { readonly service: string };
  readonly operations: readonly string[];
  readonly constraints?: {
    readonly encryptionContextEquals?: Readonly<Record<string, string>>;
    readonly encryptionContextSubset?: Readonly<Record<string, string>>;
    readonly sourceArn?: string;
  };
}

/** What an evaluator says: explicit and implicit denials are different things to who reads the audit trail. */
export type Verdict = 'allow' | 'explicit deny' | 'implicit deny';

/** A statement as JSON has it. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: PrincipalElement;
  readonly NotPrincipal?: PrincipalElement;
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly NotResource?: OneOrMany;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;
}

export type OneOrMany = string | number | boolean | readonly (string | number | boolean)[];
export type PrincipalElement = '*' | Readonly<Record<string, OneOrMany>>;

/** A policy document as JSON has it. */
export interface Document {
  readonly Version?: string;
  readonly Statement: Statement | readonly Statement[];
}

/** "Most elements take one value or a list" (IAM user guide, grammar). */
export function listOf(value: OneOrMany | undefined): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? [...(value as unknown[])] : [value]).map(String);
}
