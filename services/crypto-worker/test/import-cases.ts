import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { execute } from '@trent/contracts';
import { isTrentError, type ErrorCode } from '@trent/errors';
import { keyClassOf, type KeySpec } from '@trent/key-model';
import { parseToken, type ImportAlgorithm } from '@trent/key-token';
import { plain } from '@trent/pkcs11';
import { isBound, type ImportDeps } from '../src/imports/import-deps.ts';
import { importMaterial as importBefore } from '../src/imports/import-material.ts';
import { makeImportParameters as makeBefore } from '../src/imports/import-parameters.ts';
import { BackingKeyTemplates } from '../src/keys/templates.ts';
import { nameOf, refusedCells, servedCells, type ImportCell } from './import-cells.ts';
import { aKey, aMaterial, anImport, expectedId, publicKeyOf, wrap, type WrappingPlace } from './import-place.ts';

/** What the cases share and leave as it is. */
export interface ImportStage {
  /** With software allowed. */
  readonly deps: ImportDeps;
  /** Without. */
  readonly strict: ImportDeps;
  readonly wrapping: Readonly<Record<string, WrappingPlace>>;
  /** One material a spec, so that its id must be the same in every cell. */
  readonly materials: ReadonlyMap<KeySpec, Buffer>;
}

/** One true sentence about imports, shown on a real token. */
export interface ImportCase {
  readonly name: string;
  run(stage: ImportStage): Promise<void>;
}

const INSIDE: ImportAlgorithm = 'RSAES_OAEP_SHA_1';
const INNER: ImportAlgorithm = 'RSA_AES_KEY_WRAP_SHA_1';

const importMaterial = (deps: ImportDeps, request: execute.ImportMaterialRequest) => importBefore(deps, request, Infinity);
const makeImportParameters = (deps: ImportDeps, request: execute.MakeImportParametersRequest) => makeBefore(deps, request, Infinity);

function place(stage: ImportStage, spec: string): WrappingPlace {
  const found = stage.wrapping[spec];
  assert.ok(found !== undefined);
  return found;
}

/** Imports material under the wrapping key of 4096 bits, which every cell allows. */
function bring(stage: ImportStage, spec: KeySpec, algorithm: ImportAlgorithm, material: Buffer): Promise<execute.ImportMaterialResponse> {
  const { publicKey, tokenFor } = place(stage, 'RSA_4096');
  return importMaterial(stage.deps, anImport(spec, tokenFor(algorithm), wrap(publicKey, algorithm, material)));
}

async function refuses(code: ErrorCode, deed: Promise<unknown>): Promise<void> {
  await assert.rejects(deed, (error) => {
    assert.equal(isTrentError(error) ? error.code : error, code);
    return true;
  });
}

function served({ spec, algorithm, wrappingSpec }: ImportCell): ImportCase['run'] {
  return async (stage) => {
    const { publicKey, tokenFor } = place(stage, wrappingSpec);
    const material = stage.materials.get(spec);
    assert.ok(material !== undefined);
    const request = anImport(spec, tokenFor(algorithm as ImportAlgorithm), wrap(publicKey, algorithm as ImportAlgorithm, material));
    const isInside = algorithm.endsWith('SHA_1');
    if (!isInside) await refuses('UnsupportedOperationException', importMaterial(stage.strict, request));
    const answer = await importMaterial(isInside ? stage.strict : stage.deps, request);
    assert.equal(answer.materialId, expectedId(spec, material));
    assert.equal(answer.inSoftware, !isInside);
    opensAsBackingKey(stage, spec, material, answer);
  };
}

/** The token that comes back is one as generated keys have: bound, of the class, and its key can't leave again. */
function opensAsBackingKey(
  { deps: { open } }: ImportStage,
  spec: KeySpec,
  material: Buffer,
  { token, materialId }: execute.ImportMaterialResponse,
): void {
  const { header, authenticated, wrapped, mac } = parseToken(token);
  assert.equal(isBound(open, authenticated, mac), true);
  const keyClass = keyClassOf(spec);
  assert.deepEqual(
    { keyId: header.keyId, materialId: header.materialId, spec: header.spec, origin: header.origin, keyClass: header.keyClass },
    { keyId: aKey.keyId, materialId, spec, origin: 'EXTERNAL', keyClass },
  );
  const template = new BackingKeyTemplates(open.rootSet.record.profile).of(header);
  const handle = open.session.unwrapKey(plain(open.dialect.kwp), open.rootSet.wrapping[keyClass], wrapped, template);
  if (header.format === 2) assert.deepEqual(header.publicKey, publicKeyOf(material));
  else assert.ok(keyClass === 'aes-derive' || keyClass === 'hmac');
  assert.deepEqual(open.session.getAttributes(handle, ['sensitive', 'extractable']), { sensitive: true, extractable: false });
  open.session.destroyObject(handle);
}

function refused({ spec, algorithm, wrappingSpec }: ImportCell): ImportCase['run'] {
  return ({ deps }) =>
    refuses(
      'UnsupportedOperationException',
      makeImportParameters(deps, { ...aKey, keySpec: spec, wrappingAlgorithm: algorithm, wrappingKeySpec: wrappingSpec }),
    );
}

const wrongLengths: readonly (readonly [KeySpec, readonly number[]])[] = [
  ['SYMMETRIC_DEFAULT', [1, 16, 24, 31, 33, 64]],
  ['HMAC_224', [1, 24, 27, 33, 64]],
  ['HMAC_256', [28, 31, 33, 64]],
  ['HMAC_384', [32, 47, 49, 64]],
  ['HMAC_512', [48, 63, 65]],
];

const lengthCases = wrongLengths.flatMap(([spec, lengths]) =>
  lengths.map((length): ImportCase => ({
    name: `${spec} of ${String(length)} bytes is incorrect material`,
    run: (stage) => refuses('IncorrectKeyMaterialException', bring(stage, spec, INSIDE, randomBytes(length))),
  })),
);

const wrongKinds: readonly (readonly [string, KeySpec, () => Buffer])[] = [
  ['P-384', 'ECC_NIST_P256', () => aMaterial('ECC_NIST_P384')],
  ['secp256k1', 'ECC_NIST_P256', () => aMaterial('ECC_SECG_P256K1')],
  ['P-256', 'ECC_SECG_P256K1', () => aMaterial('ECC_NIST_P256')],
  ['RSA of 2048 bits', 'RSA_3072', () => aMaterial('RSA_2048')],
  ['an EC key', 'RSA_2048', () => aMaterial('ECC_NIST_P256')],
  ['an RSA key', 'ECC_NIST_P521', () => aMaterial('RSA_2048')],
  ['random bytes', 'ECC_NIST_P256', () => randomBytes(138)],
  ['an Ed25519 key', 'ECC_NIST_P256', () => generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' })],
  ['an RSA key with halves of two keys', 'RSA_2048', mixedRsaKey],
];

const kindCases = wrongKinds.map(([what, spec, make]): ImportCase => ({
  name: `${what} for ${spec} is incorrect material`,
  run: (stage) => refuses('IncorrectKeyMaterialException', bring(stage, spec, INNER, make())),
}));

/** The public half of one key with the private half of another. */
function mixedRsaKey(): Buffer {
  const [one, other] = [2, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }));
  assert.ok(one?.n !== undefined);
  return createPrivateKey({ key: { ...other, n: one.n }, format: 'jwk' }).export({ format: 'der', type: 'pkcs8' });
}

/** Every case, in the order in which it is run. */
export const importCases: readonly ImportCase[] = [
  ...servedCells.map((cell) => ({ name: `served: ${nameOf(cell)}`, run: served(cell) })),
  ...refusedCells.map((cell) => ({ name: `refused: ${nameOf(cell)}`, run: refused(cell) })),
  {
    name: 'what the module can not open is refused before a wrapping key is made, unless software is allowed',
    run: ({ strict }) =>
      refuses(
        'UnsupportedOperationException',
        makeImportParameters(strict, {
          ...aKey,
          keySpec: 'SYMMETRIC_DEFAULT',
          wrappingAlgorithm: 'RSAES_OAEP_SHA_256',
          wrappingKeySpec: 'RSA_2048',
        }),
      ),
  },
  ...lengthCases,
  ...kindCases,
  ...(['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const).map((algorithm): ImportCase => ({
    name: `${algorithm} with any of its bytes turned is an invalid ciphertext`,
    run: async (stage) => {
      const { publicKey, tokenFor } = place(stage, 'RSA_2048');
      const good = wrap(publicKey, algorithm, randomBytes(32));
      for (const at of [0, 1, 100, 254, 255]) {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ 1;
        await refuses('InvalidCiphertextException', importMaterial(stage.deps, anImport('SYMMETRIC_DEFAULT', tokenFor(algorithm), bad)));
      }
    },
  })),
  {
    name: 'a wrapping by another hash, another length, or another inner key is an invalid ciphertext',
    run: async (stage) => {
      const { publicKey, tokenFor } = place(stage, 'RSA_2048');
      const import_ = (algorithm: ImportAlgorithm, spec: KeySpec, bytes: Buffer) =>
        importMaterial(stage.deps, anImport(spec, tokenFor(algorithm), bytes));
      const material = aMaterial('ECC_NIST_P256');
      const whole = wrap(publicKey, INNER, material);
      const swapped = Buffer.concat([wrap(publicKey, INNER, material).subarray(0, 256), whole.subarray(256)]);
      const turned = Buffer.from(whole);
      turned[300] = (turned[300] ?? 0) ^ 1;
      const bad: [ImportAlgorithm, KeySpec, Buffer][] = [
        [INSIDE, 'SYMMETRIC_DEFAULT', wrap(publicKey, 'RSAES_OAEP_SHA_256', randomBytes(32))],
        ['RSAES_OAEP_SHA_256', 'SYMMETRIC_DEFAULT', wrap(publicKey, INSIDE, randomBytes(32))],
        [INSIDE, 'SYMMETRIC_DEFAULT', randomBytes(257)],
        [INSIDE, 'SYMMETRIC_DEFAULT', Buffer.alloc(0)],
        [INNER, 'ECC_NIST_P256', whole.subarray(0, 256)],
        [INNER, 'ECC_NIST_P256', whole.subarray(0, 300)],
        [INNER, 'ECC_NIST_P256', turned],
        [INNER, 'ECC_NIST_P256', swapped],
      ];
      for (const [algorithm, spec, bytes] of bad) await refuses('InvalidCiphertextException', import_(algorithm, spec, bytes));
    },
  },
  {
    name: 'an import token is good until its day is over, for its key and account, and as it was made',
    run: async (stage) => {
      const { publicKey, tokenFor } = place(stage, 'RSA_2048');
      const encrypted = wrap(publicKey, INSIDE, randomBytes(32));
      const request = (token: Buffer) => anImport('SYMMETRIC_DEFAULT', token, encrypted);
      const token = tokenFor(INSIDE, 1_000_000);
      await importMaterial({ ...stage.deps, now: () => 999_999 }, request(token));
      await refuses('ExpiredImportTokenException', importMaterial({ ...stage.deps, now: () => 1_000_000 }, request(token)));
      const good = tokenFor(INSIDE);
      const other = { ...request(good), keyId: '1b2c3d4e-0000-4000-8000-00000000000b' };
      await refuses('InvalidImportTokenException', importMaterial(stage.deps, other));
      await refuses('InvalidImportTokenException', importMaterial(stage.deps, { ...request(good), accountId: '111122223334' }));
      // Expiry and algorithm stand at 4 to 10; what follows is bound twice.
      for (let at = 0; at < good.length; at += at < 16 ? 1 : 37) {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ 1;
        await refuses('InvalidImportTokenException', importMaterial(stage.deps, request(bad)));
      }
      await refuses('InvalidImportTokenException', importMaterial(stage.deps, request(good.subarray(0, good.length - 1))));
    },
  },
  {
    name: 'a worker of another region neither makes nor takes anything',
    run: async (stage) => {
      const request = { ...aKey, region: 'eu-west-1', keySpec: 'SYMMETRIC_DEFAULT' };
      const wanted = { ...request, wrappingAlgorithm: INSIDE, wrappingKeySpec: 'RSA_2048' };
      await refuses('KMSInternalException', makeImportParameters(stage.deps, wanted));
      const brought = { ...request, keyUsage: 'ENCRYPT_DECRYPT', importToken: Buffer.alloc(9), encryptedKeyMaterial: Buffer.alloc(9) };
      await refuses('KMSInternalException', importMaterial(stage.deps, brought));
    },
  },
  {
    name: 'no import, good or bad, leaves an object in the token',
    run: async (stage) => {
      const { session } = stage.deps.open;
      const before = session.findObjects({}).length;
      await bring(stage, 'SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_256', randomBytes(32));
      await bring(stage, 'ECC_NIST_P256', 'RSA_AES_KEY_WRAP_SHA_256', aMaterial('ECC_NIST_P256'));
      await bring(stage, 'RSA_2048', INNER, aMaterial('RSA_2048'));
      await refuses('IncorrectKeyMaterialException', bring(stage, 'HMAC_512', INSIDE, randomBytes(32)));
      await refuses('IncorrectKeyMaterialException', bring(stage, 'ECC_NIST_P256', INNER, aMaterial('ECC_NIST_P384')));
      assert.equal(session.findObjects({}).length, before);
    },
  },
];
