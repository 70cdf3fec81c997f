import { keySpecs, type KeySpec, type KeyUsage } from '@trent/key-model';
import { CKK, CKM, CKO, CKP, CURVES, plain, type Mechanism, type ObjectHandle, type Session, type Template } from '@trent/pkcs11';
import { isPostQuantumSpec, type PostQuantumSpec } from './post-quantum-spki.ts';
import { ecPublicKeyDer, edwardsPublicKeyDer, postQuantumPublicKeyDer, rsaPublicKeyDer, type Curve } from './public-key-der.ts';

/** How a secret key is made. */
export interface SecretMaker {
  readonly kind: 'secret';
  readonly mechanism: Mechanism;
  readonly template: Template;
}

/** How a key pair is made, and how its public half is told. */
export interface PairMaker {
  readonly kind: 'pair';
  /** Takes seconds (RSA) or milliseconds: which lane makes it. */
  readonly takesSeconds: boolean;
  readonly mechanism: Mechanism;
  readonly publicTemplate: Template;
  readonly privateTemplate: Template;
  readonly publicKeyDer: (session: Session, publicKey: ObjectHandle) => Buffer;
}

/** How the backing keys of a spec are made in a token. */
export type Maker = SecretMaker | PairMaker;

/** Born as a session object that may leave the token once, wrapped; what is unwrapped later may not. */
const newborn = { token: false, private: false, sensitive: true, extractable: true } as const;
const newbornPrivate = { class: CKO.PRIVATE_KEY, ...newborn } as const;
const publicHalf = { class: CKO.PUBLIC_KEY, token: false, private: false } as const;
const F4 = Buffer.from([1, 0, 1]);

const curves: Readonly<Partial<Record<KeySpec, Curve>>> = {
  ECC_NIST_P256: 'P-256',
  ECC_NIST_P384: 'P-384',
  ECC_NIST_P521: 'P-521',
  ECC_SECG_P256K1: 'secp256k1',
};

/** How keys of a spec are made; undefined: PKCS#11 has no way that Trent knows. */
export function makerOf(spec: KeySpec, usage: KeyUsage): Maker | undefined {
  const { kind, modulusBytes, materialBytes } = keySpecs[spec];
  if (kind === 'symmetric') return aesMaker;
  if (kind === 'hmac') return hmac(materialBytes ?? 0);
  if (modulusBytes !== undefined) return rsa(modulusBytes * 8, usage);
  const curve = curves[spec];
  if (curve !== undefined) return ec(curve, usage);
  if (isPostQuantumSpec(spec)) return postQuantum(spec, usage);
  return spec === 'ECC_NIST_EDWARDS25519' ? ed25519 : undefined;
}

/** Backing keys of symmetric KMS keys, and the system's own. */
export const aesMaker: SecretMaker = {
  kind: 'secret',
  mechanism: plain(CKM.AES_KEY_GEN),
  template: { class: CKO.SECRET_KEY, keyType: CKK.AES, valueLength: 32, ...newborn, derive: true, encrypt: false, decrypt: false },
};

function hmac(valueLength: number): SecretMaker {
  return {
    kind: 'secret',
    mechanism: plain(CKM.GENERIC_SECRET_KEY_GEN),
    template: { class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, valueLength, ...newborn, sign: true, verify: true },
  };
}

function rsa(modulusBits: number, usage: KeyUsage): PairMaker {
  const signs = usage === 'SIGN_VERIFY';
  return {
    kind: 'pair',
    takesSeconds: true,
    mechanism: plain(CKM.RSA_PKCS_KEY_PAIR_GEN),
    publicTemplate: { ...publicHalf, keyType: CKK.RSA, modulusBits, publicExponent: F4, verify: signs, encrypt: !signs },
    privateTemplate: { ...newbornPrivate, keyType: CKK.RSA, sign: signs, decrypt: !signs },
    publicKeyDer: rsaPublicKeyDer,
  };
}

function ec(curve: Curve, usage: KeyUsage): PairMaker {
  const signs = usage === 'SIGN_VERIFY';
  return {
    kind: 'pair',
    takesSeconds: false,
    mechanism: plain(CKM.EC_KEY_PAIR_GEN),
    publicTemplate: { ...publicHalf, keyType: CKK.EC, ecParams: Buffer.from(CURVES[curve], 'hex'), verify: signs },
    privateTemplate: { ...newbornPrivate, keyType: CKK.EC, sign: signs, derive: !signs },
    publicKeyDer: (session, publicKey) => ecPublicKeyDer(session, publicKey, curve),
  };
}

const ed25519: PairMaker = {
  kind: 'pair',
  takesSeconds: false,
  mechanism: plain(CKM.EC_EDWARDS_KEY_PAIR_GEN),
  publicTemplate: { ...publicHalf, keyType: CKK.EC_EDWARDS, ecParams: Buffer.from(CURVES.Ed25519, 'hex'), verify: true },
  privateTemplate: { ...newbornPrivate, keyType: CKK.EC_EDWARDS, sign: true },
  publicKeyDer: edwardsPublicKeyDer,
};

function postQuantum(spec: PostQuantumSpec, usage: KeyUsage): PairMaker {
  const signs = usage === 'SIGN_VERIFY';
  const keyType = signs ? CKK.ML_DSA : CKK.ML_KEM;
  return {
    kind: 'pair',
    takesSeconds: false,
    mechanism: plain(signs ? CKM.ML_DSA_KEY_PAIR_GEN : CKM.ML_KEM_KEY_PAIR_GEN),
    publicTemplate: { ...publicHalf, keyType, parameterSet: CKP[spec], ...(signs ? { verify: true } : { encapsulate: true }) },
    privateTemplate: { ...newbornPrivate, keyType, ...(signs ? { sign: true } : { decapsulate: true }) },
    publicKeyDer: (session, publicKey) => postQuantumPublicKeyDer(session, publicKey, spec),
  };
}
