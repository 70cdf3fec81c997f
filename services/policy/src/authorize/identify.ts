import type { authorize } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { AccessKey, Credentials, Principal } from '../accounts/credentials.ts';
import type { Sessions } from '../sts/sessions.ts';
import { INVALID_TOKEN } from '../sts/session-token.ts';
import { verifySigV4 } from './signature.ts';

export interface IdentifyDeps {
  readonly credentials: Credentials;
  readonly sessions: Pick<Sessions, 'held' | 'load'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Access keys with this prefix are temporary and come with a session token; others never do. */
const TEMPORARY = 'ASIA';

/**
 * Who calls, if all that proves it is held; undefined: it must be loaded.
 * @throws MissingAuthenticationTokenException, UnrecognizedClientException, InvalidSignatureException, ExpiredTokenException
 */
export function heldPrincipal(deps: IdentifyDeps, { caller }: authorize.AuthorizeItem): Principal | undefined {
  switch (caller?.$case) {
    case 'sigv4': {
      const { accessKeyId, sessionToken } = caller.value;
      const key = isTemporary(caller.value) ? deps.sessions.held(sessionToken, accessKeyId) : deps.credentials.accessKey(accessKeyId);
      return key === undefined ? undefined : verified(caller.value, key, deps.now());
    }
    case 'certificate':
      return deps.credentials.certificate(caller.value);
    case 'bearerToken':
      return deps.sessions.held(caller.value)?.principal;
    default:
      return fail('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
}

/** Who calls, loaded where it is not held. Throws as `heldPrincipal`. */
export async function loadPrincipal(deps: IdentifyDeps, { caller }: authorize.AuthorizeItem, deadline: number): Promise<Principal> {
  switch (caller?.$case) {
    case 'sigv4': {
      const { accessKeyId, sessionToken } = caller.value;
      const key = await (isTemporary(caller.value)
        ? deps.sessions.load(sessionToken, accessKeyId, deadline)
        : deps.credentials.loadAccessKey(accessKeyId, deadline));
      return verified(caller.value, key, deps.now());
    }
    case 'certificate':
      return deps.credentials.loadCertificate(caller.value, deadline);
    case 'bearerToken':
      return (await deps.sessions.load(caller.value, undefined, deadline)).principal;
    default:
      return fail('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
}

/** A long-term key with a token is no key of ours, nor is a temporary one without. */
function isTemporary({ accessKeyId, sessionToken }: authorize.SigV4): boolean {
  const temporary = accessKeyId.startsWith(TEMPORARY);
  if (temporary !== (sessionToken !== '')) fail('UnrecognizedClientException', INVALID_TOKEN);
  return temporary;
}

function verified(claim: authorize.SigV4, key: AccessKey, nowMs: number): Principal {
  verifySigV4(claim, key, nowMs);
  return key.principal;
}
