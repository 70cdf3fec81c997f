import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import { execute, operations, type CryptoWorkerRpc } from '@trent/contracts';
import { isTrentError } from '@trent/errors';
import type { KeySpec, KeyUsage } from '@trent/key-model';
import { parseToken, type ParsedKeyToken } from '@trent/key-token';
import { issuePermit, permitHour, type Permit, type PermitKey } from '@trent/permit';
import { executeItem, type ExecuteDeps } from '../../src/execute/execute.ts';
import { Replays } from '../../src/execute/replays.ts';
import { BackingKeys } from '../../src/keys/backing-keys.ts';
import { generateMaterial } from '../../src/keys/new-material.ts';
import { PublicKeys } from '../../src/keys/public-keys.ts';
import { Fence } from '../../src/pool/fence.ts';
import { StoreKeys } from '../../src/stores/store-keys.ts';
import { PermitKeyRing } from '../../src/system/permit-key-ring.ts';
import { ACCOUNT, REGION, soon, type Place } from './case.ts';

/** A KMS key as policy hands it out: its wrapped form, and what permits say of it. */
export interface TestKey {
  readonly token: Buffer;
  readonly parsed: ParsedKeyToken;
  readonly permitted: PermitKey;
}

/** A fresh key of a spec, wrapped as key-metadata gets it. */
export async function aKey({ materials }: Place, keySpec: KeySpec, keyUsage: KeyUsage): Promise<TestKey> {
  const keyId = randomUUID();
  const request = { region: REGION, accountId: ACCOUNT, keyId, keySpec, keyUsage, origin: 'AWS_KMS' };
  const { token, materialId } = await generateMaterial(materials, execute.GenerateMaterialRequest.create(request), soon());
  const keyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`;
  return { token, parsed: parseToken(token), permitted: { keyArn, authorisationVersion: 1n, materialId } };
}

/** The public half that a key's token tells. */
export function publicKeyOf({ parsed: { header } }: Pick<TestKey, 'parsed'>): Buffer {
  if (header.format !== 2) throw new assert.AssertionError({ message: 'the token tells no public key' });
  return header.publicKey;
}

/** The same for OpenSSL. */
export function keyObjectOf(key: Pick<TestKey, 'parsed'>): KeyObject {
  return createPublicKey({ key: publicKeyOf(key), format: 'der', type: 'spki' });
}

/** A worker over the token of a place, with its fence in the test's hands. */
export class TestWorker {
  readonly deps: ExecuteDeps;
  readonly fence = new Fence(() => performance.now());
  isLive = true;
  readonly #ring: PermitKeyRing;

  constructor({ open, materials: { slowLane, generationLane, storeLink } }: Place) {
    this.#ring = new PermitKeyRing(open, Date.now);
    const backingKeys = new BackingKeys(open, Date.now);
    this.deps = {
      region: REGION,
      token: open,
      backingKeys,
      storeKeys: new StoreKeys({ token: open, backingKeys, link: storeLink }),
      loadKeyStore: () => Promise.resolve({ storeType: '', connectionState: '' }),
      publicKeys: new PublicKeys(open),
      slowLane,
      generationLane,
      permitKeys: this.#ring,
      fence: this.fence,
      replays: new Replays(),
      isLive: () => this.isLive,
      now: Date.now,
      monotonicMs: () => performance.now(),
    };
  }

  /** An item whose permit fits it, but for what the test changes. */
  item(operation: CryptoWorkerRpc, request: object, keys: readonly TestKey[], changed: Partial<Permit> = {}): execute.ExecuteItem {
    const codec = operations.get(operation)?.requestCodec;
    assert.ok(codec);
    const input = codec.encode(request);
    const now = Date.now();
    const permit: Permit = {
      id: randomUUID(),
      principal: `arn:aws:iam::${ACCOUNT}:root`,
      principalVersion: 1n,
      account: ACCOUNT,
      operation,
      region: REGION,
      keys: keys.map(({ permitted }) => permitted),
      inputDigest: createHash('sha256').update(input).digest(),
      notBeforeMs: now,
      notAfterMs: now + 3_000,
      ...changed,
    };
    const key = this.#ring.forHour(permitHour(permit.notBeforeMs));
    assert.ok(key);
    return execute.ExecuteItem.create({ operation, permit: issuePermit(permit, key), tokens: keys.map(({ token }) => token), input });
  }

  /** Executes an item and answers the response message. */
  async run(item: execute.ExecuteItem): Promise<Record<string, unknown>> {
    const { output } = await executeItem(this.deps, item, soon());
    const codec = operations.get(item.operation)?.responseCodec;
    assert.ok(codec);
    return codec.decode(output) as Record<string, unknown>;
  }

  /** Executes an operation under a permit that fits. */
  do(operation: CryptoWorkerRpc, request: object, ...keys: readonly TestKey[]): Promise<Record<string, unknown>> {
    return this.run(this.item(operation, request, keys));
  }

  /** Waits for the documented error. */
  async refuses(deed: () => Promise<unknown>, code: string, message?: string | RegExp): Promise<void> {
    await assert.rejects(
      async () => deed(),
      (error) => {
        assert.ok(isTrentError(error), String(error));
        assert.equal(error.code, code);
        if (message instanceof RegExp) assert.match(error.message, message);
        else if (message !== undefined) assert.equal(error.message, message);
        return true;
      },
    );
  }
}
