import { isTrentError } from '@trent/errors';
import { compilePolicy, type CompiledPolicy, type PolicyKind } from '@trent/policy-language';
import type { Documents } from '@trent/policy-evaluator';
import { LRUCache } from 'lru-cache';
import type { DocumentRow, HolderKind, HolderRow } from '../store/holders.ts';

/** A root, user or role with its documents ready for the evaluator. */
export interface Holder {
  readonly arn: string;
  readonly accountId: string;
  readonly kind: HolderKind;
  /** Account id of the root, `AIDA…` of a user, `AROA…` of a role. */
  readonly uniqueId: string;
  readonly version: bigint;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly identity: Documents['identity'];
  readonly boundary: CompiledPolicy | undefined;
  /** Of roles. */
  readonly trust: CompiledPolicy | undefined;
  /** Seconds, of roles. */
  readonly maxSessionDuration: number;
  /** What the operator made it, if anything: "s3". Its requests are a service's on behalf of its account's users. */
  readonly service: string | undefined;
}

/** Documents held compiled. A managed policy that a thousand users have is compiled once; some 4 kB each. */
const MAX_DOCUMENTS = 2_000;
/** IAM's default for roles. */
const DEFAULT_SESSION_SECONDS = 3_600;

/** Compiles documents, each text once. */
export class DocumentCompiler {
  readonly #compiled = new LRUCache<string, CompiledPolicy>({ max: MAX_DOCUMENTS });

  /** @throws MalformedPolicyDocumentException */
  compile(document: string, kind: PolicyKind, source?: string): CompiledPolicy {
    const key = `${kind}\n${source ?? ''}\n${document}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const policy = compilePolicy(document, kind, source);
    this.#compiled.set(key, policy);
    return policy;
  }

  holder(row: HolderRow): Holder {
    return {
      arn: row.arn,
      accountId: row.accountId,
      kind: row.kind,
      uniqueId: row.uniqueId,
      version: row.version,
      name: row.name,
      tags: row.tags,
      identity: row.documents.filter(({ kind }) => kind === 'identity').map((document) => this.#attached(document)),
      boundary: row.documents.filter(({ kind }) => kind === 'boundary').map((document) => this.#attached(document))[0],
      trust: row.trustPolicy === null ? undefined : this.compile(row.trustPolicy, 'trust', row.arn),
      maxSessionDuration: row.maxSessionDuration ?? DEFAULT_SESSION_SECONDS,
      service: row.service ?? undefined,
    };
  }

  /** What was stored was checked; should a newer grammar refuse it, its holder has no right at all rather than the rest of them. */
  #attached({ document, source }: DocumentRow): CompiledPolicy {
    try {
      return this.compile(document, 'identity', source);
    } catch (error) {
      if (!isTrentError(error)) throw error;
      return this.compile(DENY_ALL, 'identity', source);
    }
  }
}

const DENY_ALL = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}';
