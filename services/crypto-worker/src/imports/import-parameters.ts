import type { execute } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseKeyId } from '@trent/identifiers';
import { isKeySpec, mayWrap, WRAPPING_ALGORITHMS, WRAPPING_KEY_SPECS } from '@trent/key-model';
import { assembleToken, encodeImportToken, encodeTokenHeader, newMaterialId, type ImportAlgorithm } from '@trent/key-token';
import { CKK, CKM, CKO, compileTemplate, plain, type Session } from '@trent/pkcs11';
import { rsaPublicKeyDer } from '../keys/public-key-der.ts';
import { bindingMac, opensInside, type ImportDeps } from './import-deps.ts';
import { newbornOf } from './newborn.ts';

/** API reference, GetParametersForImport: "Each public key and import token set is valid for 24 hours." */
const VALID_MS = 86_400_000;
const MODULUS_BITS = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 } as const;

/** Leaves the token once, wrapped; what is unwrapped later may not. */
const newbornPrivate = compileTemplate({
  class: CKO.PRIVATE_KEY,
  keyType: CKK.RSA,
  token: false,
  private: false,
  sensitive: true,
  extractable: true,
  unwrap: true,
  decrypt: true,
  sign: false,
});

/**
 * Makes a wrapping key in the token. It goes to the user inside the import token, wrapped by the region's key of class `import`: nothing is kept,
 * and nothing is left when the token has expired.
 * @param deadline performance.now() milliseconds
 * @throws UnsupportedOperationException for what the key or the module can't; KMSInternalException for another region
 */
export async function makeImportParameters(
  deps: ImportDeps,
  request: execute.MakeImportParametersRequest,
  deadline: number,
): Promise<execute.MakeImportParametersResponse> {
  const { region, rootVersion } = deps.open.rootSet.record;
  if (request.region !== region) fail('KMSInternalException', '', { cause: 'import parameters of another region were asked for' });
  const keyId = parseKeyId(request.keyId) ?? fail('KMSInternalException', '', { cause: 'malformed key id' });
  const { algorithm, bits } = readWrapping(deps, request);
  const { wrapped, publicKey } = await deps.generationLane.run({
    account: request.accountId,
    deadline,
    run: (session) => makeWrappingKey(deps, session, bits),
  });
  const random = Buffer.alloc(32);
  deps.open.session.randomFill(random);
  const header = encodeTokenHeader({
    format: 1,
    region,
    rootVersion,
    accountId: request.accountId,
    keyId,
    materialId: newMaterialId(keyId, random),
    spec: request.wrappingKeySpec,
    usage: 'UNWRAP',
    origin: 'AWS_KMS',
    keyClass: 'import',
  });
  const wrappingKey = assembleToken(header, wrapped, bindingMac(deps.open, Buffer.concat([header, wrapped])));
  const expiresAtMs = deps.now() + VALID_MS;
  const body = encodeImportToken({ expiresAtMs, algorithm, wrappingKey });
  return { importToken: Buffer.concat([body, bindingMac(deps.open, body)]), publicKey, expiresAtMs: BigInt(expiresAtMs) };
}

/** @throws UnsupportedOperationException with a text that names what does not go together */
function readWrapping(deps: ImportDeps, request: execute.MakeImportParametersRequest): { algorithm: ImportAlgorithm; bits: number } {
  const { keySpec: spec } = request;
  const algorithm = WRAPPING_ALGORITHMS.find((name) => name === request.wrappingAlgorithm);
  const wrappingSpec = WRAPPING_KEY_SPECS.find((name) => name === request.wrappingKeySpec);
  if (!isKeySpec(spec) || algorithm === undefined || wrappingSpec === undefined) {
    return fail('KMSInternalException', '', { cause: 'an unknown spec or algorithm' });
  }
  newbornOf(spec, deps.unserved);
  if (!mayWrap(spec, algorithm, wrappingSpec) || algorithm === 'RSAES_PKCS1_V1_5' || algorithm === 'SM2PKE' || wrappingSpec === 'SM2') {
    return fail(
      'UnsupportedOperationException',
      `Wrapping algorithm ${algorithm} with wrapping key spec ${wrappingSpec} is not supported for key material of key spec ${spec}.`,
    );
  }
  opensInside(deps, algorithm);
  return { algorithm, bits: MODULUS_BITS[wrappingSpec] };
}

async function makeWrappingKey(
  { open }: ImportDeps,
  session: Session,
  modulusBits: number,
): Promise<{ wrapped: Buffer; publicKey: Buffer }> {
  const pair = await session.onPool.generateKeyPair(
    plain(CKM.RSA_PKCS_KEY_PAIR_GEN),
    {
      class: CKO.PUBLIC_KEY,
      keyType: CKK.RSA,
      token: false,
      modulusBits,
      publicExponent: Buffer.from([1, 0, 1]),
      wrap: true,
      encrypt: true,
    },
    newbornPrivate,
  );
  try {
    const wrapped = await session.onPool.wrapKey(plain(open.dialect.kwp), open.rootSet.wrapping.import, pair.privateKey);
    return { wrapped, publicKey: rsaPublicKeyDer(session, pair.publicKey) };
  } finally {
    session.destroyObject(pair.privateKey);
    session.destroyObject(pair.publicKey);
  }
}
