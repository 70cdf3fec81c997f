import { execute } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseKeyId } from '@trent/identifiers';
import { isKeySpec, isKeyUsage, keyClassOf, type KeySpec, type KeyUsage } from '@trent/key-model';
import { newMaterialId, type KeyTokenHeader, type SecretKeyHeader } from '@trent/key-token';
import { plain, type Session } from '@trent/pkcs11';
import { rootSetFor, type OpenToken } from '../pool/open-token.ts';
import type { SlowLane } from '../pool/slow-lane.ts';
import type { StoreLink } from '../stores/store-link.ts';
import { generateInStore } from '../stores/store-material.ts';
import { makerOf, type PairMaker, type SecretMaker } from './makers.ts';
import { sealToken, wrapAndSeal } from './seal-token.ts';

/** What makes materials. */
export interface MaterialDeps {
  readonly token: OpenToken;
  /** Work of milliseconds: EC key pairs. */
  readonly slowLane: SlowLane;
  /** Work of seconds: RSA key pairs, apart so that no signature waits for one. */
  readonly generationLane: SlowLane;
  /** Specs that the module cannot carry, with the reason. */
  readonly unserved: ReadonlyMap<KeySpec, string>;
  /** Makes keys in custom key stores. */
  readonly storeLink: StoreLink;
}

/**
 * Makes a backing key of any spec in the token and wraps it by its class's key: header ‖ KWP ‖ HMAC(binding key).
 * @param deadline performance.now() milliseconds
 * @throws UnsupportedOperationException for a spec that the module cannot carry; KMSInternalException for another region
 */
export async function generateMaterial(
  deps: MaterialDeps,
  request: execute.GenerateMaterialRequest,
  deadline: number,
): Promise<execute.GenerateMaterialResponse> {
  const { token: open } = deps;
  if (request.region !== open.rootSet.record.region)
    fail('KMSInternalException', '', { cause: 'a material of another region was asked for' });
  const { keySpec: spec, keyUsage: usage, accountId, origin } = request;
  if (!isKeySpec(spec) || !isKeyUsage(usage)) return fail('KMSInternalException', '', { cause: 'a material of an unknown spec or usage' });
  const maker = servedMaker(deps, spec, usage);
  const keyId = parseKeyId(request.keyId) ?? fail('KMSInternalException', '', { cause: 'malformed key id' });
  const { region, rootVersion } = rootSetFor(open, keyId).record;
  const random = Buffer.alloc(32);
  open.session.randomFill(random);
  const materialId = newMaterialId(keyId, random);
  const header: SecretKeyHeader = {
    format: 1,
    region,
    rootVersion,
    accountId,
    keyId,
    materialId,
    spec,
    usage,
    origin,
    keyClass: keyClassOf(spec),
  };
  if (request.customKeyStoreId !== '') return generateInStore(open, deps.storeLink, request, header, deadline);
  const token =
    maker.kind === 'secret'
      ? wrapNewborn(open, header, maker)
      : await (maker.takesSeconds ? deps.generationLane : deps.slowLane).run({
          account: accountId,
          deadline,
          run: (session) => wrapNewbornPair(open, session, header, maker),
        });
  return execute.GenerateMaterialResponse.create({ token, materialId, rootVersion });
}

/** Answers when the module carries keys of the spec, for one that waits for its user's material. @throws UnsupportedOperationException */
export function checkMaterial(
  deps: MaterialDeps,
  { keySpec: spec, keyUsage: usage }: execute.CheckMaterialRequest,
): execute.CheckMaterialResponse {
  if (!isKeySpec(spec) || !isKeyUsage(usage)) return fail('KMSInternalException', '', { cause: 'a material of an unknown spec or usage' });
  servedMaker(deps, spec, usage);
  return {};
}

function servedMaker({ unserved }: MaterialDeps, spec: KeySpec, usage: KeyUsage): SecretMaker | PairMaker {
  const reason = unserved.get(spec);
  const maker = makerOf(spec, usage);
  if (reason !== undefined || maker === undefined) {
    return fail('UnsupportedOperationException', `KeySpec ${spec} is not served: ${reason ?? 'PKCS#11 has no way to make it'}.`);
  }
  return maker;
}

/** Generates a secret key inline and answers its token, under the root set of the key's region or group. */
export function wrapNewborn(open: OpenToken, header: KeyTokenHeader, { mechanism, template }: SecretMaker): Buffer {
  const newborn = open.session.generateKey(mechanism, template);
  try {
    return wrapAndSeal(open, header, newborn);
  } finally {
    open.session.destroyObject(newborn);
  }
}

/** Generates a key pair on the session's pool side and answers its token, with the public half in the header. */
async function wrapNewbornPair(open: OpenToken, session: Session, header: SecretKeyHeader, maker: PairMaker): Promise<Buffer> {
  const rootSet = rootSetFor(open, header.keyId);
  const { publicKey, privateKey } = await session.onPool.generateKeyPair(maker.mechanism, maker.publicTemplate, maker.privateTemplate);
  try {
    const publicKeyDer = maker.publicKeyDer(session, publicKey);
    const wrapped = await session.onPool.wrapKey(plain(open.dialect.kwp), rootSet.wrapping[header.keyClass], privateKey);
    return sealToken(open, { ...header, format: 2, publicKey: publicKeyDer }, wrapped);
  } finally {
    for (const object of [publicKey, privateKey]) session.destroyObject(object);
  }
}
