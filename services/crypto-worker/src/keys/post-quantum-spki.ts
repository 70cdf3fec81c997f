/** Specs of FIPS 203 and FIPS 204 with the last byte of their OID and the bytes of a public key (FIPS 203, table 3; FIPS 204, table 2). */
const sets = {
  ML_DSA_44: { arc: [3, 17], bytes: 1312 },
  ML_DSA_65: { arc: [3, 18], bytes: 1952 },
  ML_DSA_87: { arc: [3, 19], bytes: 2592 },
  ML_KEM_512: { arc: [4, 1], bytes: 800 },
  ML_KEM_768: { arc: [4, 2], bytes: 1184 },
  ML_KEM_1024: { arc: [4, 3], bytes: 1568 },
} as const;

/** A spec of ML-DSA or ML-KEM. */
export type PostQuantumSpec = keyof typeof sets;

/** True for the specs of ML-DSA and ML-KEM. */
export function isPostQuantumSpec(spec: string): spec is PostQuantumSpec {
  return Object.hasOwn(sets, spec);
}

/** OBJECT IDENTIFIER of NIST's algorithms, 2.16.840.1.101.3.4, before its last two arcs: 3 for signatures, 4 for key encapsulation. */
const NIST_ALGORITHMS = Buffer.from('060960864801650304', 'hex');

/**
 * SubjectPublicKeyInfo around a raw public key: the algorithm without parameters, the key as it is in a BIT STRING (RFC 9881 §4 for ML-DSA, RFC 9935
 * §4 for ML-KEM).
 * @throws Error for a key of another length than its set has
 */
export function postQuantumSpki(spec: PostQuantumSpec, raw: Uint8Array): Buffer {
  const { arc, bytes } = sets[spec];
  if (raw.length !== bytes) throw new Error(`the token gives a public key of ${String(raw.length)} bytes for ${spec}`);
  const algorithm = Buffer.concat([Buffer.from([0x30, NIST_ALGORITHMS.length + arc.length]), NIST_ALGORITHMS, Buffer.from(arc)]);
  const key = Buffer.concat([longForm(0x03, raw.length + 1), Buffer.from([0]), raw]);
  return Buffer.concat([longForm(0x30, algorithm.length + key.length), algorithm, key]);
}

/** The raw public key that ends such a SubjectPublicKeyInfo. */
export function rawPostQuantumKey(spec: PostQuantumSpec, spki: Buffer): Buffer {
  return spki.subarray(-sets[spec].bytes);
}

/** Tag and length in two bytes, as DER writes 256 to 65,535. */
function longForm(tag: number, length: number): Buffer {
  return Buffer.from([tag, 0x82, length >> 8, length & 0xff]);
}
