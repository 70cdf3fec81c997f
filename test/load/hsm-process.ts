import { randomBytes } from 'node:crypto';
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
  CKO,
  CKU,
  compileTemplate,
  ecbEncryptData,
  findRootSet,
  openModule,
  pinnedTemplate,
  plain,
  type ObjectHandle,
  type Session,
} from '@trent/pkcs11';
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
export interface HsmFigures {
  readonly encrypt: RawFigures;
  readonly decrypt: RawFigures;
  /** Derive the message key, decrypt, destroy it. */
  readonly decryptCold: RawFigures;
  /** A random data key, then encrypt. */
  readonly generateDataKey: RawFigures;
}

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
  readonly backingKey: ObjectHandle;
  readonly header: ReturnType<typeof parseToken>['header'];
}

function open(job: HsmJob): OpenKey {
  const module = openModule({ path: job.modulePath });
  const info = module.findToken(job.label);
  if (info === undefined) throw new Error(`no token labelled ${job.label}`);
  const session = module.openSession(info.slot, { readWrite: true });
  session.login(CKU.USER, Buffer.from(readFileSync(job.pinFile, 'utf8').trimEnd()));
  const rootSet = findRootSet(session, job.region);
  if (rootSet === undefined) throw new Error(`the token has not joined ${job.region}`);
  const { header, wrapped } = parseToken(Buffer.from(job.token, 'base64'));
  const template = compileTemplate({ ...pinnedTemplate(header.keyClass, rootSet.record.profile), private: false });
  const backingKey = session.unwrapKey(plain(module.dialect.kwp), rootSet.wrapping[header.keyClass], wrapped, template);
  return { session, backingKey, header };
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
  for (let i = 0; i < 2_000; i++) deed();
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
    decryptCold: measure(seconds, () => {
      const once = derive(key, nonce);
      session.decryptGcm(once, iv, aad, body, out);
      session.destroyObject(once);
    }),
    generateDataKey: measure(seconds, () => {
      session.randomFill(dataKey);
      session.encryptGcm(handle, iv, aad, plaintext, out);
    }),
  };
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
