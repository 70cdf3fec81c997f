import { randomBytes } from 'node:crypto';
import type { metadata } from '@trent/contracts';
import { newKeyId, type AccountId, type AliasName, type RegionName } from '@trent/identifiers';
import { managedKeyPolicy } from '@trent/policy-language';
import type { Transaction } from '@trent/postgres';
import { insertAlias } from '../store/aliases.ts';
import { insertKey } from '../store/keys.ts';
import { armRotation, putRotationSettings } from '../store/rotations.ts';
import { record } from '../timers/deletion.ts';
import type { Deps } from './call.ts';
import { freshMaterialOf, type FreshMaterial } from './materials.ts';

/** Developer guide, "Rotating AWS managed keys": every year. */
const ROTATION_DAYS = 365;

/**
 * Makes the key of a service (`s3`) and its alias, `alias/aws/s3`, unless the account has them in this Region: an AWS managed key. It is recorded
 * as what KMS does by itself. Its policy lets nobody manage it (`managedKeyPolicy`); its material rotates every year.
 */
export async function makeManagedKey(deps: Deps, request: metadata.MakeManagedKeyRequest, deadline: number): Promise<void> {
  const { service } = request;
  const [region, accountId] = [request.region as RegionName, request.accountId as AccountId];
  const keyId = newKeyId(randomBytes(16), false);
  const kind = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS' } as const;
  const aliasName = `alias/aws/${service}` as AliasName;
  // Once, however often the transaction runs.
  let material: Promise<FreshMaterial> | undefined;
  await deps.writer.change({ deadline }, async (tx) => {
    if (await isThere(tx, region, accountId, aliasName)) return NOTHING;
    material ??= freshMaterialOf(deps, { region, accountId, keyId, relatives: null, ...kind }, deadline);
    await insertKey(tx, {
      region,
      keyId,
      accountId,
      description: `Default key that protects my ${PROTECTED[service] ?? `${service} data`} when no other key is defined`,
      state: 'Enabled',
      multiRegionKeyType: null,
      policy: managedKeyPolicy(accountId, region, service),
      managedBy: service,
      ...kind,
      material: await material,
    });
    await insertAlias(tx, region, accountId, aliasName, keyId);
    await putRotationSettings(tx, region, keyId, ROTATION_DAYS);
    await armRotation(tx, region, keyId);
    const facts = { eventId: deps.newEventId(), nowMs: deps.now() };
    // Nothing that does not exist is held in view, so nobody waits for a birth.
    return { ...NOTHING, audit: [record('CreateKey', region, accountId, keyId, facts, { keyId, aliasName })] };
  });
}

const NOTHING = { answer: new Uint8Array(0), changes: [], audit: [] };

/** As AWS describes these. */
const PROTECTED: Readonly<Record<string, string>> = { s3: 'S3 objects', ebs: 'EBS volumes', rds: 'RDS database volumes' };

/** Two replicas that see a first use at the same time make one key: the second waits, and finds it. */
async function isThere(tx: Transaction, region: string, accountId: string, aliasName: string): Promise<boolean> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`managed-key/${region}/${accountId}/${aliasName}`]);
  const { rows } = await tx.query('select from aliases where region = $1 and account_id = $2 and alias_name = $3', [
    region,
    accountId,
    aliasName,
  ]);
  return rows.length > 0;
}
