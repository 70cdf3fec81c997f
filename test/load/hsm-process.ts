import { generateKeyPairSync, randomBytes, type ECKeyPairOptions } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  additionalData,
  encodeHeader,
  IV_BYTES,
  kdfInput,
  NONCE_BYTES,
  parseCiphertext,
  TAG_BYTES,
  withCommitment,
} from '@trent/ciphertext';
import { canonicalise } from '@trent/encryption-context';
import { parseToken } from '@trent/key-token';
import {
  CKK,
  CKM,
  CKO,
  CKU,
  CURVES,
  compileTemplate,
  ecbEncryptData,
  findRootSet,
  openModule,
  pinnedTemplate,
  plain,
  pss,
  type Mechanism,
  type ObjectHandle,
  type RootSet,
  type Session,
  type Template,
} from '@trent/pkcs11';
import type { LoadOperation } from './operations.ts';
import { ENCRYPTION_CONTEXT, PLAINTEXT_BYTES } from './workload.ts';

/** What `hsm-process.ts` is asked, as JSON in its argument. */
export type HsmJob = {
  readonly region: string;
  readonly modulePath: string;
  readonly label: string;
  readonly pinFile: string;
  /** The wrapped backing key, base64. */
  readonly token: string;
} & ({ readonly kind: 'ciphertexts'; readonly count: number } | { readonly kind: 'raw'; readonly secondsEach: number });

/** Operations a second, and CPU seconds of this process per 1,000. */
export interface RawFigures {
  readonly opsPerSecond: number;
  readonly cpuPerThousand: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The PKCS#11 calls of one operation each. */
export type HsmFigures = Readonly<Partial<Record<LoadOperation, RawFigures>>>;

/** Slow operations are warm after a few. */
const WARM_MS = 300;

const derivedTemplate = compileTemplate({
  class: CKO.SECRET_KEY,
  keyType: CKK.AES,
  valueLength: 32,
  token: false,
  private: false,
  sensitive: true,
  extractable: false,
  encrypt: true,
  decrypt: true,
});

/** The token, open, with the backing key in it. */
interface OpenKey {
  readonly session: Session;
  readonly rootSet: RootSet;
  readonly kwp: Mechanism;
  readonly backingKey: ObjectHandle;
  readonly header: ReturnType<typeof parseToken>['header'];
}

function open(job: HsmJob): OpenKey {
  const module = openModule({ path: job.modulePath });
  const info = module.findToken(job.label);
  if (info === undefined) throw new Error(`no token labelled ${job.label}`);
  const session = module.openSession(info.slot, { readWrite: true });
  session.login(CKU.USER, Buffer.from(readFileSync(job.pinFile, 'utf8').trimEnd()));
  const rootSet = findRootSet(session, module.dialect, job.region);
  if (rootSet === undefined) throw new Error(`the token has not joined ${job.region}`);
  const { header, wrapped } = parseToken(Buffer.from(job.token, 'base64'));
  const template = compileTemplate({ ...pinnedTemplate(header.keyClass, rootSet.record.profile), private: false });
  const backingKey = session.unwrapKey(plain(module.dialect.kwp), rootSet.wrapping[header.keyClass], wrapped, template);
  return { session, rootSet, kwp: plain(module.dialect.kwp), backingKey, header };
}

const derive = ({ session, backingKey }: OpenKey, nonce: Buffer): ObjectHandle =>
  session.deriveKey(ecbEncryptData(kdfInput(nonce)), backingKey, derivedTemplate);

/** One ciphertext of format v1 under the message key of its own nonce. */
function ciphertextOf(key: OpenKey, plaintext: Buffer): { readonly blob: Buffer; readonly nonce: Buffer } {
  const nonce = randomBytes(NONCE_BYTES);
  const iv = randomBytes(IV_BYTES);
  const { region, keyId, materialId } = key.header;
  const header = encodeHeader({ version: 1, region, keyId, materialId, kdf: 1, nonce, iv });
  const committed = withCommitment(plaintext);
  const blob = Buffer.alloc(header.length + committed.length + TAG_BYTES);
  header.copy(blob);
  const handle = derive(key, nonce);
  key.session.encryptGcm(handle, iv, additionalData(header, canonicalise(ENCRYPTION_CONTEXT)), committed, blob.subarray(header.length));
  key.session.destroyObject(handle);
  return { blob, nonce };
}

function measure(seconds: number, deed: () => void): RawFigures {
  const warm = performance.now() + WARM_MS;
  for (let i = 0; i < 2_000 && performance.now() < warm; i++) deed();
  const latencies: number[] = [];
  const cpuBefore = process.cpuUsage();
  const begun = performance.now();
  const end = begun + seconds * 1000;
  let now = begun;
  while (now < end) {
    deed();
    const after = performance.now();
    latencies.push(after - now);
    now = after;
  }
  const cpu = process.cpuUsage(cpuBefore);
  const elapsed = now - begun;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    opsPerSecond: (latencies.length * 1000) / elapsed,
    cpuPerThousand: (cpu.user + cpu.system) / 1000 / latencies.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

function raw(key: OpenKey, seconds: number): HsmFigures {
  const { session } = key;
  const plaintext = withCommitment(randomBytes(PLAINTEXT_BYTES));
  const { blob, nonce } = ciphertextOf(key, plaintext.subarray(plaintext.length - PLAINTEXT_BYTES));
  const { header, headerBytes, body } = parseCiphertext(blob);
  const { iv } = header;
  const aad = additionalData(headerBytes, canonicalise(ENCRYPTION_CONTEXT));
  const handle = derive(key, nonce);
  const out = Buffer.alloc(plaintext.length + TAG_BYTES);
  const dataKey = Buffer.alloc(PLAINTEXT_BYTES);
  return {
    encrypt: measure(seconds, () => session.encryptGcm(handle, iv, aad, plaintext, out)),
    decrypt: measure(seconds, () => session.decryptGcm(handle, iv, aad, body, out)),
    'decrypt-cold': measure(seconds, () => {
      const once = derive(key, nonce);
      session.decryptGcm(once, iv, aad, body, out);
      session.destroyObject(once);
    }),
    'generate-data-key': measure(seconds, () => {
      session.randomFill(dataKey);
      session.encryptGcm(handle, iv, aad, plaintext, out);
    }),
    'generate-data-key-pair': measure(seconds, () => {
      const { privateKey } = generateKeyPairSync('ec', pairOptions);
      const sealed = Buffer.alloc(privateKey.length + TAG_BYTES);
      session.encryptGcm(handle, iv, aad, privateKey, sealed);
    }),
    'create-key': measure(seconds, () => newKey(key)),
    ...rawMacs(session, seconds),
    ...rawSignatures(session, seconds),
  };
}

const pairOptions: ECKeyPairOptions<'der', 'der'> = {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
};
const inSession = { token: false, private: false } as const;
const DIGEST_BYTES = 32;

/** Generates a backing key, wraps it, binds it, destroys it: what a token does for CreateKey. */
function newKey({ session, rootSet, kwp }: OpenKey): void {
  const made = session.generateKey(plain(CKM.AES_KEY_GEN), {
    ...{ class: CKO.SECRET_KEY, keyType: CKK.AES, valueLength: 32, ...inSession, sensitive: true, extractable: true, derive: true },
  });
  const wrapped = session.wrapKey(kwp, rootSet.wrapping['aes-derive'], made);
  session.signHmac(CKM.SHA256_HMAC, rootSet.binding, wrapped, Buffer.alloc(DIGEST_BYTES));
  session.destroyObject(made);
}

function rawMacs(session: Session, seconds: number): HsmFigures {
  const key = session.generateKey(plain(CKM.GENERIC_SECRET_KEY_GEN), {
    ...{ class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, valueLength: 32, ...inSession, sensitive: true, extractable: false },
    ...{ sign: true, verify: true },
  });
  const message = randomBytes(PLAINTEXT_BYTES);
  const mac = Buffer.alloc(DIGEST_BYTES);
  return { 'generate-mac': measure(seconds, () => session.signHmac(CKM.SHA256_HMAC, key, message, mac)) };
}

/** How the key pairs of the signing rows are made, and how they sign a digest. */
const signers: readonly {
  readonly rows: readonly [LoadOperation, LoadOperation];
  readonly make: Mechanism;
  readonly keyType: number;
  readonly publicHalf: Template;
  readonly sign: Mechanism;
}[] = [
  {
    rows: ['sign-p256', 'verify-p256'],
    make: plain(CKM.EC_KEY_PAIR_GEN),
    keyType: CKK.EC,
    publicHalf: { ecParams: Buffer.from(CURVES['P-256'], 'hex') },
    sign: plain(CKM.ECDSA),
  },
  {
    rows: ['sign-rsa', 'verify-rsa'],
    make: plain(CKM.RSA_PKCS_KEY_PAIR_GEN),
    keyType: CKK.RSA,
    publicHalf: { modulusBits: 2048, publicExponent: Buffer.from([1, 0, 1]) },
    sign: pss('SHA-256'),
  },
];

function rawSignatures(session: Session, seconds: number): HsmFigures {
  const figures: Partial<Record<LoadOperation, RawFigures>> = {};
  for (const { rows, make, keyType, publicHalf, sign } of signers) {
    const { publicKey, privateKey } = session.generateKeyPair(
      make,
      { class: CKO.PUBLIC_KEY, keyType, ...inSession, ...publicHalf, verify: true },
      { class: CKO.PRIVATE_KEY, keyType, ...inSession, sensitive: true, extractable: false, sign: true },
    );
    const digest = randomBytes(DIGEST_BYTES);
    const signature = session.sign(sign, privateKey, digest);
    figures[rows[0]] = measure(seconds, () => session.sign(sign, privateKey, digest));
    figures[rows[1]] = measure(seconds, () => session.verify(sign, publicKey, digest, signature));
  }
  return figures;
}

if (import.meta.main) {
  const job = JSON.parse(process.argv[2] ?? '') as HsmJob;
  const key = open(job);
  if (job.kind === 'raw') {
    process.stdout.write(JSON.stringify(raw(key, job.secondsEach)));
  } else {
    const blobs = Array.from({ length: job.count }, () => ciphertextOf(key, randomBytes(PLAINTEXT_BYTES)).blob.toString('base64'));
    process.stdout.write(`${blobs.join('\n')}\n`);
  }
}
