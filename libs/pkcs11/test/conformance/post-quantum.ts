import assert from 'node:assert/strict';
import { createPublicKey, encapsulate, verify, type KeyObject } from 'node:crypto';
import { CKK, CKM, CKO, CKP, plain } from '../../src/index.ts';
import type { KeyPair, ObjectHandle, Template } from '../../src/index.ts';
import { anAesKey, type ConformanceCase, type Place } from './case.ts';

const message = Buffer.from('the message');
const born: Template = { class: CKO.PRIVATE_KEY, token: false, sensitive: true, extractable: true };
const sharedSecret: Template = {
  ...{ class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, token: false, valueLength: 32, sensitive: false, extractable: true },
};
const signs = { keyType: CKK.ML_DSA, sign: true } as const;
const opens = { keyType: CKK.ML_KEM, decapsulate: true } as const;

/** SubjectPublicKeyInfo before the key (RFC 9881, RFC 9935): SEQUENCE { SEQUENCE { OID }, BIT STRING }. */
const sets = {
  ML_DSA_44: '30820532300b06096086480165030403110382052100',
  ML_DSA_65: '308207b2300b0609608648016503040312038207a100',
  ML_DSA_87: '30820a32300b060960864801650304031303820a2100',
  ML_KEM_512: '30820332300b06096086480165030404010382032100',
  ML_KEM_768: '308204b2300b0609608648016503040402038204a100',
  ML_KEM_1024: '30820632300b06096086480165030404030382062100',
} as const;
type SetName = keyof typeof sets;

function aPair({ session }: Place, set: SetName): KeyPair {
  const isDsa = set.startsWith('ML_DSA');
  const publicKey: Template = { class: CKO.PUBLIC_KEY, token: false, parameterSet: CKP[set] };
  return isDsa
    ? session.generateKeyPair(plain(CKM.ML_DSA_KEY_PAIR_GEN), { ...publicKey, keyType: CKK.ML_DSA, verify: true }, { ...born, ...signs })
    : session.generateKeyPair(
        plain(CKM.ML_KEM_KEY_PAIR_GEN),
        { ...publicKey, keyType: CKK.ML_KEM, encapsulate: true },
        { ...born, ...opens },
      );
}

function forOpenSsl({ session }: Place, { publicKey }: KeyPair, set: SetName): KeyObject {
  const { value } = session.getAttributes(publicKey, ['value']);
  const key = Buffer.concat([Buffer.from(sets[set], 'hex'), value ?? Buffer.alloc(0)]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

/** The private key as Trent holds it: wrapped, and unwrapped as not extractable. */
function throughKwp(place: Place, { privateKey }: KeyPair, use: Template): ObjectHandle {
  const kwp = plain(place.module.dialect.kwp);
  const wrapping = anAesKey(place, { wrap: true, unwrap: true });
  const wrapped = place.session.wrapKey(kwp, wrapping, privateKey);
  return place.session.unwrapKey(kwp, wrapping, wrapped, { ...born, extractable: false, ...use });
}

function checkSignature(place: Place, pair: KeyPair, privateKey: ObjectHandle, set: SetName): void {
  const mechanism = plain(CKM.ML_DSA);
  const signature = place.session.sign(mechanism, privateKey, message);
  assert.equal(verify(null, message, forOpenSsl(place, pair, set), signature), true);
  assert.equal(place.session.verify(mechanism, pair.publicKey, message, signature), true);
  signature[5] = (signature[5] ?? 0) ^ 1;
  assert.equal(place.session.verify(mechanism, pair.publicKey, message, signature), false);
}

/** Both directions with OpenSSL where it can be asked: it encapsulates, the token opens; what the token encapsulates, the token opens. */
async function checkEncapsulation(place: Place, pair: KeyPair, privateKey: ObjectHandle, set: SetName): Promise<void> {
  const { session } = place;
  const mechanism = plain(CKM.ML_KEM);
  const valueOf = (secret: ObjectHandle) => session.getAttributes(secret, ['value']).value;
  const open = async (ciphertext: Buffer) => valueOf(await session.onPool.decapsulateKey(mechanism, privateKey, ciphertext, sharedSecret));
  const { sharedKey, ciphertext } = encapsulate(forOpenSsl(place, pair, set));
  assert.deepEqual(await open(ciphertext), sharedKey);
  const made = await session.onPool.encapsulateKey(mechanism, pair.publicKey, sharedSecret);
  assert.deepEqual(await open(made.ciphertext), valueOf(made.secret));
  made.ciphertext[0] = (made.ciphertext[0] ?? 0) ^ 1;
  assert.notDeepEqual(await open(made.ciphertext), valueOf(made.secret));
}

/** ML-DSA and ML-KEM (PKCS#11 3.2). */
export const postQuantum: readonly ConformanceCase[] = (Object.keys(sets) as SetName[]).flatMap((set): ConformanceCase[] =>
  set.startsWith('ML_DSA')
    ? [
        {
          name: `${set} is a signature that OpenSSL accepts`,
          needs: 'ml-dsa',
          run: (place) => {
            const pair = aPair(place, set);
            checkSignature(place, pair, pair.privateKey, set);
          },
        },
        {
          name: `an ${set} private key goes through KWP`,
          needs: 'kwp-post-quantum',
          run: (place) => {
            const pair = aPair(place, set);
            checkSignature(place, pair, throughKwp(place, pair, signs), set);
          },
        },
      ]
    : [
        {
          name: `${set} opens what OpenSSL and the token encapsulate, and what nobody did to another secret`,
          needs: 'ml-kem',
          run: (place) => {
            const pair = aPair(place, set);
            return checkEncapsulation(place, pair, pair.privateKey, set);
          },
        },
        {
          name: `an ${set} private key goes through KWP`,
          needs: 'kwp-post-quantum',
          run: (place) => {
            const pair = aPair(place, set);
            return checkEncapsulation(place, pair, throughKwp(place, pair, opens), set);
          },
        },
      ],
);
