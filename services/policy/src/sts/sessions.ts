import { fail } from '@trent/errors';
import { LoadsInFlight, type Change } from '@trent/feed';
import { LRUCache } from 'lru-cache';
import type { AccessKey } from '../accounts/credentials.ts';
import type { DocumentCompiler, Holder } from '../accounts/holders.ts';
import { sessionPrincipal, type Principal } from '../accounts/principal.ts';
import type { SessionKeys } from './session-keys.ts';
import { INVALID_TOKEN, openSession, readToken, type SessionKey, type TokenParts } from './session-token.ts';
import type { Session } from './session.ts';

export interface SessionDeps {
  readonly keys: Pick<SessionKeys, 'byGeneration' | 'find'>;
  readonly loadHolder: (arn: string, deadline: number) => Promise<Holder>;
  readonly compiler: Pick<DocumentCompiler, 'compile'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A session whose token was opened. */
export interface HeldSession extends AccessKey {
  readonly accessKeyId: string;
  readonly expiresAtMs: number;
}

/** Sessions held opened, some 3 kB each with their token. */
const MAX_SESSIONS = 20_000;
const EXPIRED = 'The security token included in the request is expired';

/**
 * Sessions by their tokens. A token is opened once and held until its holder changes or it is pushed out: everything it says is in it, so
 * any replica can open it at any time. A role that is deleted takes its sessions along; a policy that looks at `aws:TokenIssueTime` ends
 * those before a moment.
 */
export class Sessions {
  readonly #deps: SessionDeps;
  readonly #sessions = new LRUCache<string, HeldSession>({ max: MAX_SESSIONS, dispose: (held) => held.secret[Symbol.dispose]() });
  readonly #loads = new LoadsInFlight<HeldSession>();

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /**
   * The session of a token that is held; undefined: it must be loaded.
   * @param accessKeyId that came with it; undefined: the token alone, as a bearer's
   * @throws UnrecognizedClientException for another access key's token, ExpiredTokenException
   */
  held(token: string, accessKeyId?: string): HeldSession | undefined {
    const session = this.#sessions.get(token);
    return session === undefined ? undefined : this.#current(session, accessKeyId);
  }

  /** @throws UnrecognizedClientException, ExpiredTokenException */
  async load(token: string, accessKeyId: string | undefined, deadline: number): Promise<HeldSession> {
    const parts = readToken(token);
    const loaded = await this.#loads.load(
      token,
      async () => {
        const key = this.#deps.keys.byGeneration(parts.generation) ?? (await this.#deps.keys.find(parts.generation));
        return this.#open(key ?? fail('UnrecognizedClientException', INVALID_TOKEN), parts, deadline);
      },
      (session) => this.#sessions.set(token, session),
    );
    return this.#current(loaded, accessKeyId);
  }

  /** A holder changed: what was made of it goes. */
  forget(change: Change): void {
    for (const [token, { principal }] of this.#sessions.entries()) if (principal.holder.arn === change.id) this.#sessions.delete(token);
    this.#loads.overtakeAll();
  }

  forgetAll(): void {
    this.#sessions.clear();
    this.#loads.overtakeAll();
  }

  state(): object {
    return { sessions: this.#sessions.size };
  }

  async #open(key: SessionKey, parts: TokenParts, deadline: number): Promise<HeldSession> {
    const { accessKeyId, session, secret } = openSession(key, parts);
    // An expired session's role need not be looked for.
    if (session.expiresAtMs <= this.#deps.now()) fail('ExpiredTokenException', EXPIRED);
    const principal = await this.principal(session, accessKeyId, deadline);
    return { accessKeyId, expiresAtMs: session.expiresAtMs, principal, secret, dayKeys: new Map() };
  }

  /**
   * Who acts in a session: the holder as it is now.
   * @throws UnrecognizedClientException when the role or user is no more
   */
  async principal(session: Session, accessKeyId: string, deadline: number): Promise<Principal> {
    const holder = await this.#deps.loadHolder(session.holderArn, deadline);
    if (holder.uniqueId !== session.holderId) fail('UnrecognizedClientException', INVALID_TOKEN);
    const policies = session.policies.map(({ document, source }) => this.#deps.compiler.compile(document, 'session', source));
    return sessionPrincipal(holder, session, accessKeyId, policies);
  }

  #current(session: HeldSession, accessKeyId: string | undefined): HeldSession {
    if (accessKeyId !== undefined && session.accessKeyId !== accessKeyId) return fail('UnrecognizedClientException', INVALID_TOKEN);
    return session.expiresAtMs > this.#deps.now() ? session : fail('ExpiredTokenException', EXPIRED);
  }
}
