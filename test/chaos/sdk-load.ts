import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CreateKeyCommand, DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { firstAccount, variable, type TestCluster } from '../e2e/fixtures/cluster.ts';

/** What a load found. */
export interface LoadOutcome {
  /** Request ids of all answers that were success. */
  readonly answered: readonly string[];
  /** What the SDK's own retry let through. */
  readonly failures: readonly string[];
  /** Answers that were not what they had to be. */
  readonly wrong: readonly string[];
  /** Answers that came at a second or third attempt. */
  readonly retried: number;
}

/** The SDK as it comes: standard retry, three attempts. Only the authority and the endpoint are said here instead of in the environment. */
export function sdkClient(cluster: TestCluster): KMSClient {
  const { accessKeyId, secretAccessKey } = firstAccount(cluster);
  return new KMSClient({
    endpoint: variable(cluster, 'AWS_ENDPOINT_URL'),
    region: variable(cluster, 'AWS_REGION'),
    credentials: { accessKeyId, secretAccessKey },
    requestHandler: { httpsAgent: { ca: readFileSync(variable(cluster, 'AWS_CA_BUNDLE')), keepAlive: true, maxSockets: 64 } },
  });
}

/** A key made by the SDK. */
export async function sdkKey(client: KMSClient): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
  if (KeyMetadata?.KeyId === undefined) throw new Error('CreateKey answered without a key');
  return KeyMetadata.KeyId;
}

interface Answered {
  readonly $metadata: { readonly requestId?: string; readonly attempts?: number };
}

/** Lanes that encrypt, decrypt and make data keys one after another, and compare what comes back, until they are told to stop. */
export class SdkLoad {
  readonly #client: KMSClient;
  readonly #keys: readonly string[];
  readonly #answered: string[] = [];
  readonly #failures: string[] = [];
  readonly #wrong: string[] = [];
  readonly #lanes: Promise<void>[];
  #retried = 0;
  #stopping = false;

  constructor(client: KMSClient, keys: readonly string[], lanes: number) {
    this.#client = client;
    this.#keys = keys;
    this.#lanes = Array.from({ length: lanes }, (_, lane) => this.#run(lane));
  }

  /** Answers so far. */
  get count(): number {
    return this.#answered.length;
  }

  async stop(): Promise<LoadOutcome> {
    this.#stopping = true;
    await Promise.all(this.#lanes);
    return { answered: this.#answered, failures: this.#failures, wrong: this.#wrong, retried: this.#retried };
  }

  async #run(lane: number): Promise<void> {
    for (let turn = lane; !this.#stopping; turn++) {
      const KeyId = this.#keys[turn % this.#keys.length] ?? '';
      const Plaintext = new Uint8Array(randomBytes(1 + (turn % 300)));
      const EncryptionContext = { lane: String(lane), turn: String(turn) };
      try {
        const closed = this.#note(await this.#client.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext })));
        const opened = this.#note(
          await this.#client.send(new DecryptCommand({ CiphertextBlob: closed.CiphertextBlob, EncryptionContext })),
        );
        this.#compare('Decrypt', Plaintext, opened.Plaintext);
        const made = this.#note(await this.#client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })));
        const again = this.#note(await this.#client.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob })));
        this.#compare('GenerateDataKey', made.Plaintext, again.Plaintext);
      } catch (error) {
        const { name, message, $metadata } = error as { name: string; message: string } & Partial<Answered>;
        this.#failures.push(
          `${name}: ${message} (request ${$metadata?.requestId ?? 'unanswered'}, attempts ${String($metadata?.attempts)})`,
        );
      }
    }
  }

  #note<Output extends Answered>(output: Output): Output {
    this.#answered.push(output.$metadata.requestId ?? '');
    if ((output.$metadata.attempts ?? 1) > 1) this.#retried++;
    return output;
  }

  #compare(what: string, expected: Uint8Array | undefined, actual: Uint8Array | undefined): void {
    if (!Buffer.from(expected ?? []).equals(Buffer.from(actual ?? []))) this.#wrong.push(`${what} gave back something else`);
  }
}
