import assert from 'node:assert/strict';
import { createHash, createHmac, verify } from 'node:crypto';
import { isTrentError } from '@trent/errors';
import { parseKeyId } from '@trent/identifiers';
import { algorithmsOf, keySpecs, KEY_SPECS, type KeySpec, type KeyUsage } from '@trent/key-model';
import { CKK, CKM, CKO, plain } from '@trent/pkcs11';
import { BackingKeys } from '../../src/keys/backing-keys.ts';
import { BackingKeyTemplates } from '../../src/keys/templates.ts';
import { ACCOUNT, REGION, soon, type WorkerCase } from '../support/case.ts';
import { aKey, keyObjectOf, publicKeyOf } from '../support/worker.ts';

const digest = createHash('sha256').update('the message').digest();

const served = KEY_SPECS.filter((spec) => !/^(SM2|ML_|ECC_NIST_EDWARDS)/.test(spec));
const usagesOf = (spec: KeySpec): KeyUsage[] => Object.keys(keySpecs[spec].algorithms) as KeyUsage[];

/** Every spec and usage that SoftHSM carries, small RSA keys alone: the larger ones differ in seconds. */
const cells = served.flatMap((spec) => (/RSA_[34]/.test(spec) ? [] : usagesOf(spec).map((usage) => ({ spec, usage }))));

const wholeLife: WorkerCase[] = cells.map(({ spec, usage }) => ({
  name: `${spec} for ${usage} is made, wrapped, told in its header and opened again`,
  run: async (place) => {
    const { token, parsed, permitted } = await aKey(place, spec, usage);
    const { kind, keyClass } = keySpecs[spec];
    assert.deepEqual(
      { ...parsed.header, format: kind === 'asymmetric' ? 2 : 1 },
      { ...parsed.header, spec, usage, keyClass, region: REGION, accountId: ACCOUNT, origin: 'AWS_KMS', rootVersion: 1 },
    );
    assert.ok(parseKeyId(parsed.header.keyId));
    const keys = new BackingKeys(place.open, Date.now);
    if (kind === 'symmetric') assert.ok(keys.open(token, permitted).messageKeys);
    else if (kind === 'hmac') assert.ok(keys.openSecret(token, permitted, 'hmac').handle > 0);
    else
      assert.equal(
        await place.materials.slowLane.run({
          account: '111122223333',
          deadline: soon(),
          run: (s) => keys.withPrivateKey(s, token, permitted, (key) => Promise.resolve(key.arn)),
        }),
        permitted.keyArn,
      );
    assert.equal(keys.size, 1);
  },
}));

const signing: WorkerCase[] = (['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'RSA_2048'] as const).map((spec) => ({
  name: `what ${spec} signs verifies under the public key of its header`,
  run: async (place) => {
    const { token, parsed, permitted } = await aKey(place, spec, 'SIGN_VERIFY');
    const keys = new BackingKeys(place.open, Date.now);
    const isRsa = spec === 'RSA_2048';
    const info = Buffer.from('3031300d060960864801650304020105000420', 'hex');
    const signature = await place.materials.slowLane.run({
      account: '111122223333',
      deadline: soon(),
      run: (session) =>
        keys.withPrivateKey(session, token, permitted, ({ handle }) =>
          session.onPool.sign(plain(isRsa ? CKM.RSA_PKCS : CKM.ECDSA), handle, isRsa ? Buffer.concat([info, digest]) : digest),
        ),
    });
    assert.equal(
      verify('sha256', Buffer.from('the message'), { key: keyObjectOf({ parsed }), dsaEncoding: 'ieee-p1363' }, signature),
      true,
    );
  },
}));

const refused: WorkerCase[] = KEY_SPECS.filter((spec) => !served.includes(spec)).map((spec) => ({
  name: `${spec}, which SoftHSM cannot carry, is refused by name with the reason`,
  run: async (place) => {
    const reason = place.materials.unserved.get(spec);
    assert.match(reason ?? '', /\S/);
    await assert.rejects(aKey(place, spec, usagesOf(spec)[0] as KeyUsage), (error) => {
      assert.ok(isTrentError(error) && error.code === 'UnsupportedOperationException');
      assert.equal(error.message, `KeySpec ${spec} is not served: ${reason ?? ''}.`);
      return true;
    });
  },
}));

const limits: WorkerCase[] = [
  {
    name: 'an HMAC_224 key gives the MACs of its 28 bytes, though KWP may pad them with zeros (RFC 2104 §2)',
    run: ({ open: { session, rootSet, dialect } }) => {
      const value = Buffer.alloc(28, 0xa5);
      const known = {
        class: CKO.SECRET_KEY,
        keyType: CKK.GENERIC_SECRET,
        token: false,
        private: false,
        sensitive: true,
        extractable: true,
      };
      const key = session.createObject({ ...known, sign: true, value });
      const wrapped = session.wrapKey(plain(dialect.kwp), rootSet.wrapping.hmac, key);
      const templates = new BackingKeyTemplates(rootSet.record.profile);
      const template = templates.of({ keyClass: 'hmac', usage: 'GENERATE_VERIFY_MAC' });
      const unwrapped = session.unwrapKey(plain(dialect.kwp), rootSet.wrapping.hmac, wrapped, template);
      const mac = session.sign(plain(CKM.SHA224_HMAC), unwrapped, Buffer.from('the message'));
      assert.deepEqual(mac, createHmac('sha224', value).update('the message').digest());
    },
  },
  {
    name: 'the reason for Ed25519 is what the module answered',
    run: ({ materials }) => assert.match(materials.unserved.get('ECC_NIST_EDWARDS25519') ?? '', /softhsm.*wrapKey: CKR_KEY_NOT_WRAPPABLE/),
  },
  {
    name: 'keys held are bounded, and one that is dropped under a use stays until the use is done',
    run: async (place) => {
      const keys = new BackingKeys(place.open, Date.now, 1);
      const { token, permitted } = await aKey(place, 'ECC_NIST_P256', 'SIGN_VERIFY');
      const other = await aKey(place, 'HMAC_256', 'GENERATE_VERIFY_MAC');
      await place.materials.slowLane.run({
        account: '111122223333',
        deadline: soon(),
        run: (session) =>
          keys.withPrivateKey(session, token, permitted, async ({ handle }) => {
            keys.openSecret(other.token, other.permitted, 'hmac');
            assert.equal(keys.size, 1);
            assert.equal(keys.heldOf(token, permitted), undefined);
            assert.equal((await session.onPool.sign(plain(CKM.ECDSA), handle, digest)).length, 64);
          }),
      });
    },
  },
  {
    name: 'a private key loads once, however many uses wait for it',
    run: async (place) => {
      const keys = new BackingKeys(place.open, Date.now);
      const { token, permitted } = await aKey(place, 'ECC_NIST_P384', 'SIGN_VERIFY');
      const use = () =>
        place.materials.slowLane.run({
          account: '111122223333',
          deadline: soon(),
          run: (session) => keys.withPrivateKey(session, token, permitted, ({ handle }) => Promise.resolve(handle)),
        });
      const handles = await Promise.all([use(), use(), use()]);
      assert.equal(new Set(handles).size, 1);
    },
  },
  {
    name: 'a public key rewritten in the stored row opens nothing',
    run: async (place) => {
      const keys = new BackingKeys(place.open, Date.now);
      const [{ token, parsed, permitted }, other] = [
        await aKey(place, 'ECC_NIST_P256', 'SIGN_VERIFY'),
        await aKey(place, 'ECC_NIST_P256', 'SIGN_VERIFY'),
      ];
      const at = token.indexOf(publicKeyOf({ parsed }));
      const rewritten = Buffer.from(token);
      rewritten.set(publicKeyOf(other), at);
      const use = (bytes: Buffer) =>
        place.materials.slowLane.run({
          account: '111122223333',
          deadline: soon(),
          run: (session) => keys.withPrivateKey(session, bytes, permitted, () => Promise.resolve()),
        });
      await assert.rejects(use(rewritten), { code: 'KMSInternalException', cause: 'wrong MAC of a key token' });
      await assert.rejects(use(other.token), { cause: 'the token is not of the key that the permit names' });
      await use(token);
    },
  },
  {
    name: 'a backing key of one usage does not do what another usage does',
    run: async (place) => {
      const keys = new BackingKeys(place.open, Date.now);
      for (const [spec, usage] of [
        ['ECC_NIST_P256', 'KEY_AGREEMENT'],
        ['RSA_2048', 'ENCRYPT_DECRYPT'],
      ] as const) {
        const { token, permitted } = await aKey(place, spec, usage);
        assert.equal(algorithmsOf(spec, usage).length > 0, true);
        const mechanism = plain(spec === 'RSA_2048' ? CKM.RSA_PKCS : CKM.ECDSA);
        const signed = place.materials.slowLane.run({
          account: '111122223333',
          deadline: soon(),
          run: (session) => keys.withPrivateKey(session, token, permitted, ({ handle }) => session.onPool.sign(mechanism, handle, digest)),
        });
        await assert.rejects(signed, { name: 'CKR_KEY_FUNCTION_NOT_PERMITTED' });
      }
    },
  },
];

/** Backing keys of every spec: their birth, their tokens, their bounds. */
export const materials: readonly WorkerCase[] = [...wholeLife, ...signing, ...refused, ...limits];
