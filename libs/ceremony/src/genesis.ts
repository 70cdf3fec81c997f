import { rootRoles } from '@trent/pkcs11';
import type { RootRole } from '@trent/pkcs11';
import { SecretBytes } from '@trent/secret-bytes';
import { sealPackage } from './root-package.ts';
import type { RootPackage } from './root-package.ts';
import { checkApprovals, requestDigest } from './request.ts';
import type { Approval, GenesisRequest } from './request.ts';
import { sealShare, splitKek } from './shares.ts';
import { checkProfile, importKek, makeWrappedKey } from './token.ts';
import type { CeremonyToken } from './token.ts';

const kekBytes = 32;

/**
 * Makes a root set and its package: root keys are generated in the token, wrapped under a fresh KEK and dropped; the
 * KEK comes from the token's generator, is split among the operators and forgotten. Every operator must have approved.
 * The token holds nothing afterwards: it joins like any other.
 */
export async function createPackage(options: {
  readonly request: GenesisRequest;
  readonly approvals: readonly Approval[];
  readonly token: CeremonyToken;
  readonly nowMs: number;
}): Promise<RootPackage> {
  const { request, approvals, token, nowMs } = options;
  checkApprovals({ request, approvals, operators: request.operators, needed: request.operators.length, nowMs });
  checkProfile(token, request.profile);
  const bytes = Buffer.alloc(kekBytes);
  token.session.randomFill(bytes);
  using kek = SecretBytes.take(bytes);
  const { keys, digestSigningPublicKey } = makeKeys(token, kek);
  return sealPackage(
    {
      format: 'trent-root-package/1',
      region: request.region,
      rootVersion: request.rootVersion,
      createdAt: new Date(nowMs).toISOString(),
      profile: request.profile,
      threshold: request.threshold,
      operators: await shareOut(kek, request),
      keys,
      digestSigningPublicKey,
      genesis: { requestDigest: requestDigest(request), approvals: [...approvals] },
    },
    kek,
  );
}

function makeKeys(token: CeremonyToken, kek: SecretBytes): Pick<RootPackage, 'keys' | 'digestSigningPublicKey'> {
  const wrappingKey = importKek(token, kek, 'wrap');
  try {
    const made = rootRoles.map((role) => ({ role, ...makeWrappedKey(token, wrappingKey, role) }));
    const publicKey = made.find(({ role }) => role === 'digest-signing')?.publicKey;
    if (publicKey === undefined) throw new Error('the digest-signing key has no public half');
    return {
      keys: Object.fromEntries(made.map(({ role, wrapped }) => [role, wrapped.toString('base64')])) as Record<RootRole, string>,
      digestSigningPublicKey: publicKey.toString('base64'),
    };
  } finally {
    token.session.destroyObject(wrappingKey);
  }
}

async function shareOut(kek: SecretBytes, request: GenesisRequest): Promise<RootPackage['operators']> {
  const shares = await splitKek(kek, request.operators.length, request.threshold);
  const operators: RootPackage['operators'] = [];
  for (const [index, card] of request.operators.entries()) {
    const share = shares[index];
    if (share === undefined) throw new Error('fewer shares than operators');
    operators.push({ ...card, share: await sealShare(share, card.recipient) });
    share[Symbol.dispose]();
  }
  return operators;
}
