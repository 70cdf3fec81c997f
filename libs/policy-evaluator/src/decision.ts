import type { CompiledStatement } from '@trent/policy-language';

import type { Answer } from './ask-policy.ts';
import type { AuthorisationRequest } from './request.ts';

/** Kinds of documents, as reasons name them. */
export type DocumentKind = 'resource' | 'identity' | 'boundary' | 'session';

/** Why a request is allowed or denied. */
export type Reason =
  | { readonly effect: 'allow'; readonly by: 'key-policy' | 'identity-policy' | 'account-root' }
  | { readonly effect: 'allow'; readonly by: 'grant'; readonly grantId: string }
  | { readonly effect: 'explicit-deny'; readonly in: DocumentKind }
  /** No document of this kind allows it. */
  | { readonly effect: 'implicit-deny'; readonly missing: DocumentKind };

/** A statement that had a say. */
export interface MatchedStatement {
  readonly document: DocumentKind;
  /** What `compilePolicy` was told to call the document. */
  readonly source: string | undefined;
  readonly statement: CompiledStatement;
}

/** What the documents answered, by kind. */
export interface Answers {
  readonly resource?: Answer;
  readonly identity: readonly Answer[];
  readonly boundary?: Answer;
  readonly session: readonly Answer[];
}

const DOCUMENT_NAMES: Readonly<Record<DocumentKind, string>> = {
  resource: 'resource-based policy',
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
};

/** The outcome of one evaluation. */
export class Decision {
  readonly allowed: boolean;
  readonly reason: Reason;
  readonly #request: AuthorisationRequest;
  readonly #answers: Answers;

  constructor(reason: Reason, request: AuthorisationRequest, answers: Answers) {
    this.allowed = reason.effect === 'allow';
    this.reason = reason;
    this.#request = request;
    this.#answers = answers;
  }

  /**
   * The statements that decided: of an explicit deny those that deny; else those that allow, also where the decision is no because another
   * one was missing.
   */
  get matched(): MatchedStatement[] {
    const { resource, identity, boundary, session } = this.#answers;
    const wanted = this.reason.effect === 'explicit-deny' ? 'denial' : 'allowance';
    const listed: [DocumentKind, readonly (Answer | undefined)[]][] = [
      ['resource', [resource]],
      ['identity', identity],
      ['boundary', [boundary]],
      ['session', session],
    ];
    return listed.flatMap(([document, answers]) =>
      answers.flatMap((answer) => {
        const statement = answer?.[wanted];
        return answer === undefined || statement === undefined ? [] : [{ document, source: answer.policy.source, statement }];
      }),
    );
  }

  /**
   * AWS's text for AccessDeniedException.
   * @param options `fromCiphertext`: the key was not named but read from a ciphertext, so the text doesn't name it either
   */
  accessDeniedMessage(options: { readonly fromCiphertext?: boolean } = {}): string {
    const { principal, action, resource } = this.#request;
    const isForeign = resource !== '*' && resource.account !== principal.account;
    const { reason } = this;
    const where = options.fromCiphertext === true ? 'the resource associated with this ciphertext' : `resource: ${nameOf(resource)}`;
    const head = `User: ${principal.arn} is not authorized to perform: ${action} on ${where}`;
    switch (reason.effect) {
      case 'allow':
        return '';
      case 'explicit-deny':
        if (isForeign && reason.in === 'resource') return foreignAccessDeniedMessage(principal.arn, action);
        return `${head} with an explicit deny in ${withArticle(DOCUMENT_NAMES[reason.in])}`;
      case 'implicit-deny':
        if (isForeign && reason.missing === 'resource') return foreignAccessDeniedMessage(principal.arn, action);
        return `${head} because no ${DOCUMENT_NAMES[reason.missing]} allows the ${action} action`;
    }
  }
}

/** AWS's text for a resource of another account, the same whether it exists or not. */
export function foreignAccessDeniedMessage(principalArn: string, action: string): string {
  return (
    `User: ${principalArn} is not authorized to perform: ${action} on this resource because the resource does not exist in this Region, ` +
    'no resource-based policies allow access, or a resource-based policy explicitly denies access'
  );
}

function nameOf(resource: AuthorisationRequest['resource']): string {
  return resource === '*' ? '*' : resource.arn;
}

function withArticle(name: string): string {
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}
