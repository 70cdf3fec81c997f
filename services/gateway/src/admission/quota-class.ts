import { awsEnum, options, type authorize, type kms, type Operation } from '@trent/contracts';
import { isKeySpec, keyClassOf } from '@trent/key-model';

/** A class of requests that share a quota. */
export interface QuotaClass {
  readonly name: string;
  /** Requests a second; 0: no limit. */
  readonly perSecond: number;
}

/** ML-DSA signs, ML-KEM has a pool of its own, which is its operations' (kms-api §15.4). */
const mlDsa: QuotaClass = { name: 'CryptographicOperationsMlDsa', perSecond: 1_000 };

/** Pools of cryptographic operations with keys of a class, whichever operation it is (kms-api §15.4). */
const pools: Readonly<Record<string, QuotaClass>> = {
  rsa: { name: 'CryptographicOperationsRsa', perSecond: 1_000 },
  ec: { name: 'CryptographicOperationsEcc', perSecond: 1_000 },
  edwards: { name: 'CryptographicOperationsEcc', perSecond: 1_000 },
};
const DATA_KEY_PAIRS = 'GenerateDataKeyPair';
/** Pairs a second where making one is slow (kms-api §15.4); both operations share them. */
const pairsPerSecond: Readonly<Record<string, number>> = { RSA_2048: 20, RSA_3072: 4, RSA_4096: 1, SM2: 25 };
const pairSpec = awsEnum('trent.kms.v1.DataKeyPairSpec');
type DataKeyPairRequest = Pick<kms.GenerateDataKeyPairRequest, 'keyPairSpec'>;
const POOLED = 'CryptographicOperations';
/** Each custom key store has a pool of its own for all that its keys do (kms-api §15.4). */
const STORE_PER_SECOND = 1_800;

/** The operation's own class, or the pools of the keys that it uses: with two keys of two kinds it counts in both. */
export function quotaClassesOf({ option }: Operation, keys: readonly authorize.ResolvedKey[], message?: object): readonly QuotaClass[] {
  if (option.quota === DATA_KEY_PAIRS) return [dataKeyPairsOf(message, option.quotaPerSecond)];
  const own = { name: option.quota, perSecond: option.quotaPerSecond };
  if (option.room !== options.Room.ROOM_CRYPTO_WORKER || !option.quota.startsWith(POOLED) || keys.length === 0) return [own];
  const first = poolOf(keys[0]) ?? own;
  const second = poolOf(keys[1]) ?? own;
  return keys.length === 1 || first.name === second.name ? [first] : [first, second];
}

function dataKeyPairsOf(message: DataKeyPairRequest | undefined, perSecond: number): QuotaClass {
  const spec = pairSpec.toAws(message?.keyPairSpec) ?? '';
  return { name: `${DATA_KEY_PAIRS}/${spec}`, perSecond: pairsPerSecond[spec] ?? perSecond };
}

function poolOf(key: authorize.ResolvedKey | undefined): QuotaClass | undefined {
  if (key === undefined || !isKeySpec(key.keySpec)) return undefined;
  if (key.customKeyStoreId !== '') return { name: `CustomKeyStore/${key.customKeyStoreId}`, perSecond: STORE_PER_SECOND };
  return key.keySpec.startsWith('ML_DSA') ? mlDsa : pools[keyClassOf(key.keySpec)];
}
