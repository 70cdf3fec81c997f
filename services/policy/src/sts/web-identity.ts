import { fail } from '@trent/errors';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import type { FetchJson } from './fetch-json.ts';
import type { WebIdentity } from './session.ts';

/** A provider as its account has it in IAM. */
export interface OidcProvider {
  readonly arn: string;
  /** Without the scheme, which is https. */
  readonly url: string;
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
}

export interface WebIdentityDeps {
  readonly findProvider: (accountId: string, url: string, deadline: number) => Promise<OidcProvider | undefined>;
  readonly fetchJson: FetchJson;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A key set and when it was fetched. */
interface Keys {
  readonly set: JSONWebKeySet;
  readonly fetchedAtMs: number;
}

/** IAM user guide, "Create an OpenID Connect identity provider": RSA and ECDSA signatures. `none` and HMACs are no signatures of a provider. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];
const MAX_PROVIDERS = 1_000;
const MAX_KEYS = 100;
/** Keys are believed for an hour; a `kid` that is not among them is looked for at most once a minute a provider. */
const KEYS_MS = 3_600_000;
const REFETCH_MS = 60_000;
const NO_JWT = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)';
const NO_KEY =
  "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements";

/**
 * Verifies OpenID Connect tokens against the providers of an account (OpenID Connect Discovery 1.0, RFC 7517, RFC 7519): signature by a key
 * of the provider's, issuer, audience, times.
 */
export class WebIdentities {
  readonly #deps: WebIdentityDeps;
  readonly #keys = new LRUCache<string, Keys>({ max: MAX_PROVIDERS });
  readonly #fetching = new Map<string, Promise<Keys>>();

  constructor(deps: WebIdentityDeps) {
    this.#deps = deps;
  }

  /**
   * @param accountId the role's account, whose provider it must be
   * @throws InvalidIdentityToken, ExpiredIdentityToken, IDPRejectedClaim, IDPCommunicationError
   */
  async verify(token: string, accountId: string, deadline: number): Promise<WebIdentity> {
    const { issuer, kid } = claimsBefore(token);
    const url = withoutScheme(issuer);
    const provider = await this.#deps.findProvider(accountId, url, deadline);
    if (provider === undefined) return fail('InvalidIdentityToken', `No OpenIDConnect provider found in your account for ${issuer}`);
    const payload = await this.#verified(token, provider, issuer, kid, deadline);
    const audience = audienceOf(payload, provider);
    const { sub } = payload;
    if (typeof sub !== 'string' || sub === '') return fail('InvalidIdentityToken', 'Missing a required claim: sub');
    return { provider: provider.arn, issuer: url, subject: sub, audience };
  }

  async #verified(token: string, provider: OidcProvider, issuer: string, kid: string | undefined, deadline: number): Promise<JWTPayload> {
    const keys = await this.#keysFor(provider, kid, deadline);
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys.set), {
        algorithms: ALGORITHMS,
        issuer,
        requiredClaims: ['exp', 'iat', 'sub', 'aud'],
        currentDate: new Date(this.#deps.now()),
      });
      return payload;
    } catch (error) {
      return refused(error, this.#deps.now());
    }
  }

  /** The provider's keys, fetched again when they are old or the wanted one is not among them. */
  async #keysFor(provider: OidcProvider, kid: string | undefined, deadline: number): Promise<Keys> {
    const held = this.#keys.get(provider.arn);
    const age = held === undefined ? Infinity : this.#deps.now() - held.fetchedAtMs;
    const isKnown = held?.set.keys.some((key) => kid === undefined || key.kid === kid) === true;
    if (held !== undefined && age < (isKnown ? KEYS_MS : REFETCH_MS)) return held;
    const name = `${provider.arn} ${provider.thumbprints.join()}`;
    const fetching =
      this.#fetching.get(name) ??
      this.#fetch(provider, deadline).finally(() => {
        this.#fetching.delete(name);
      });
    this.#fetching.set(name, fetching);
    return fetching;
  }

  async #fetch(provider: OidcProvider, deadline: number): Promise<Keys> {
    const options = { thumbprints: provider.thumbprints, deadline };
    const discovery = await this.#ask(`https://${provider.url}/.well-known/openid-configuration`, options);
    const { jwks_uri: keysUrl, issuer } = discovery as { readonly jwks_uri?: unknown; readonly issuer?: unknown };
    // OpenID Connect Discovery 1.0 §4.3: the issuer must be the one that was asked.
    if (typeof keysUrl !== 'string' || !keysUrl.startsWith('https://') || !URL.canParse(keysUrl) || issuer !== `https://${provider.url}`)
      return fail('InvalidIdentityToken', NO_KEY);
    const set = await this.#ask(keysUrl, options);
    if (!isKeySet(set)) return fail('InvalidIdentityToken', NO_KEY);
    const keys = { set, fetchedAtMs: this.#deps.now() };
    this.#keys.set(provider.arn, keys);
    return keys;
  }

  async #ask(url: string, options: Parameters<FetchJson>[1]): Promise<object> {
    let answer: unknown;
    try {
      answer = await this.#deps.fetchJson(url, options);
    } catch (cause) {
      return fail('IDPCommunicationError', NO_KEY, { cause });
    }
    return typeof answer === 'object' && answer !== null ? answer : fail('InvalidIdentityToken', NO_KEY);
  }
}

/** What a token claims before it is believed: enough to know whom to ask. */
function claimsBefore(token: string): { readonly issuer: string; readonly kid: string | undefined } {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    const { iss } = decodeJwt(token);
    if (typeof iss === 'string' && iss.startsWith('https://') && ALGORITHMS.includes(alg ?? '')) return { issuer: iss, kid };
  } catch {
    // No JWT at all.
  }
  return fail('InvalidIdentityToken', NO_JWT);
}

function withoutScheme(issuer: string): string {
  return issuer.slice('https://'.length).replace(/\/$/, '');
}

/** One audience of the token must be a client id of the provider; `azp` counts before `aud` where a token has several (OpenID Connect Core §2). */
function audienceOf({ aud, azp }: JWTPayload, { clientIds }: OidcProvider): string {
  const audiences = typeof azp === 'string' && Array.isArray(aud) && aud.length > 1 ? [azp] : [aud ?? []].flat();
  return audiences.find((audience) => clientIds.includes(audience)) ?? fail('InvalidIdentityToken', 'Incorrect token audience');
}

function refused(error: unknown, nowMs: number): never {
  if (error instanceof errors.JWTExpired) {
    const exp = Number(error.payload.exp);
    fail(
      'ExpiredIdentityToken',
      `Token expired: current date/time ${seconds(nowMs)} must be before the expiration date/time ${String(exp)}`,
    );
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'missing') fail('InvalidIdentityToken', `Missing a required claim: ${error.claim}`);
    fail('IDPRejectedClaim', `The claim ${error.claim} of the identity token was rejected`);
  }
  if (error instanceof errors.JWKSNoMatchingKey) fail('InvalidIdentityToken', NO_KEY);
  fail('InvalidIdentityToken', 'The web identity token could not be verified', { cause: error });
}

function seconds(epochMs: number): string {
  return String(Math.floor(epochMs / 1000));
}

function isKeySet(value: object): value is JSONWebKeySet {
  return (
    'keys' in value &&
    Array.isArray(value.keys) &&
    value.keys.length <= MAX_KEYS &&
    value.keys.every((key) => typeof key === 'object' && key !== null)
  );
}
