import { awsEnum, kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { operationInState } from '@trent/key-model';
import type { Transaction } from '@trent/postgres';
import { nameInReplicas, settlePending } from '../store/family-imports.ts';
import { hasItsMaterials, isAssociated, keepImported, listImported, type ImportedMaterial, type ImportedState } from '../store/imports.ts';
import { factsOf, raiseVersion, readKey, updateState, type KeyRow } from '../store/keys.ts';
import { lockFamily } from '../store/relatives.ts';
import { armTimerAt, disarmTimer } from '../store/timers.ts';
import { removeImported } from '../timers/import-expiry.ts';
import { answer, change, keyChange, keyOf, type Call, type Deps } from './call.ts';
import type { ImportedFresh } from './materials.ts';

const DAY_MS = 86_400_000;
/** API reference, ImportKeyMaterial, ValidTo: "The maximum value is 365 days from the request date." */
const MOST_DAYS = 365;

const algorithms = awsEnum('trent.kms.v1.AlgorithmSpec');
const wrappingSpecs = awsEnum('trent.kms.v1.WrappingKeySpec');

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html */
export async function getParametersForImport(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const request = kms.GetParametersForImportRequest.decode(call.request.input);
  const { keyId, arn } = keyOf(call);
  const key = await readKey(deps.db, call.region, keyId);
  operationInState('GetParametersForImport', key.state, arn, factsOf(key));
  const { importToken, publicKey, expiresAtMs } = await deps.makeImportParameters(
    {
      region: call.region,
      accountId: key.accountId,
      keyId,
      keySpec: key.spec,
      wrappingAlgorithm: algorithms.toAws(request.wrappingAlgorithm) ?? '',
      wrappingKeySpec: wrappingSpecs.toAws(request.wrappingKeySpec) ?? '',
    },
    call.deadline,
  );
  const parametersValidTo = new Date(Number(expiresAtMs));
  return answer(call, kms.GetParametersForImportResponse.create({ keyId: arn, importToken, publicKey, parametersValidTo }));
}

/**
 * ImportKeyMaterial: opened and named in the HSM, kept wrapped in JetStream and Postgres, and only then answered.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html
 */
export function importKeyMaterial(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const request = kms.ImportKeyMaterialRequest.decode(call.request.input);
  const { keyId, arn } = keyOf(call);
  const { region } = call;
  // Once, however often the transaction runs: the HSM need not open the same wrapping again.
  let material: Promise<ImportedFresh> | undefined;
  return change(deps, call, async (tx) => {
    const key = await lockFamily(tx, region, keyId);
    operationInState('ImportKeyMaterial', key.state, arn, factsOf(key));
    const validTo = readValidTo(request, deps.now());
    checkSymmetricMembers(request, key);
    material ??= openMaterial(deps, call, key, request);
    const { token, materialId, rootVersion, inSoftware } = await material;
    const known = await listImported(tx, region, keyId);
    const state = stateOfImport(request, key, known, materialId, arn);
    await deps.keepToken(region, keyId, materialId, token, call.deadline);
    await keepImported(tx, { region, keyId, materialId, state, description: request.keyMaterialDescription, validTo, token, rootVersion });
    if (key.multiRegionKeyType === 'PRIMARY') await nameInReplicas(tx, key, materialId);
    if (key.multiRegion) await settlePending(tx, keyId);
    const timer = `${keyId}/${materialId}`;
    await (validTo === null
      ? disarmTimer(tx, 'expire-material', region, timer)
      : armTimerAt(tx, 'expire-material', region, timer, validTo));
    const version = await stateAfterImport(tx, key);
    return {
      response: kms.ImportKeyMaterialResponse.create({ keyId: arn, keyMaterialId: materialId }),
      resources: [arn],
      changes: [keyChange(region, keyId, version)],
      ...(inSoftware ? { additionalEventData: { trentSoftwareImport: 'true' } } : {}),
    };
  });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html */
export function deleteImportedKeyMaterial(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { keyMaterialId } = kms.DeleteImportedKeyMaterialRequest.decode(call.request.input);
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockFamily(tx, call.region, keyId);
    operationInState('DeleteImportedKeyMaterial', key.state, arn, factsOf(key));
    const known = await listImported(tx, call.region, keyId);
    const material = known.find(({ materialId, state }) =>
      keyMaterialId === undefined ? state === 'CURRENT' : materialId === keyMaterialId,
    );
    if (material === undefined && keyMaterialId !== undefined) {
      return fail('NotFoundException', `Key material ${keyMaterialId} is not associated with KMS key ${arn}.`);
    }
    const response = kms.DeleteImportedKeyMaterialResponse.create({ keyId: arn, keyMaterialId: material?.materialId });
    // Nothing to delete is no error (developer guide, key states: "no effect").
    if (material?.isImported !== true) return { response, resources: [arn], changes: [] };
    return { response, resources: [arn], changes: await removeImported(tx, key, material) };
  });
}

async function openMaterial(deps: Deps, call: Call, key: KeyRow, request: kms.ImportKeyMaterialRequest): Promise<ImportedFresh> {
  return deps.importMaterial(
    {
      region: call.region,
      accountId: key.accountId,
      keyId: key.keyId,
      keySpec: key.spec,
      keyUsage: key.usage,
      importToken: request.importToken ?? Buffer.alloc(0),
      encryptedKeyMaterial: request.encryptedKeyMaterial ?? Buffer.alloc(0),
    },
    call.deadline,
  );
}

/** That the two members fit together is a rule of the request; here the clock decides. @throws ValidationException */
function readValidTo({ validTo }: kms.ImportKeyMaterialRequest, nowMs: number): Date | null {
  if (validTo === undefined) return null;
  if (validTo.getTime() <= nowMs) fail('ValidationException', 'The validTo date must be in the future.');
  if (validTo.getTime() > nowMs + MOST_DAYS * DAY_MS) {
    fail('ValidationException', `The validTo date must be no more than ${String(MOST_DAYS)} days in the future.`);
  }
  return validTo;
}

/** API reference: these members are "only usable with symmetric encryption keys". @throws ValidationException */
function checkSymmetricMembers(
  { importType, keyMaterialDescription, keyMaterialId }: kms.ImportKeyMaterialRequest,
  { spec }: KeyRow,
): void {
  if (spec === 'SYMMETRIC_DEFAULT') return;
  const given = Object.entries({ ImportType: importType, KeyMaterialDescription: keyMaterialDescription, KeyMaterialId: keyMaterialId });
  const [name] = given.find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) fail('ValidationException', `${name} is only supported for symmetric encryption KMS keys.`);
}

/**
 * What the material is to its key, once it may be that at all (kms-api §6.2): the first becomes current, a further one of a symmetric key waits
 * for its rotation, and what is known comes back to its place.
 * @throws IncorrectKeyMaterialException, KMSInvalidStateException
 */
function stateOfImport(
  { importType, keyMaterialId }: kms.ImportKeyMaterialRequest,
  key: KeyRow,
  known: readonly ImportedMaterial[],
  materialId: string,
  arn: string,
): ImportedState {
  const same = known.find((material) => material.materialId === materialId);
  const isNew = importType === undefined ? known.length === 0 : importType === kms.ImportType.IMPORT_TYPE_NEW_KEY_MATERIAL;
  if (!isNew) {
    if (same === undefined || (keyMaterialId !== undefined && keyMaterialId !== materialId)) return fail('IncorrectKeyMaterialException');
    return same.state;
  }
  // API reference, ImportKeyMaterial: "You cannot directly import new key material into the replica Region keys."
  if (key.multiRegionKeyType === 'REPLICA') fail('UnsupportedOperationException', `${arn} is not a multi-region primary key.`);
  if (same !== undefined) fail('IncorrectKeyMaterialException');
  if (known.length === 0) return 'CURRENT';
  if (key.spec !== 'SYMMETRIC_DEFAULT') fail('IncorrectKeyMaterialException');
  const pending = known.find((material) => !isAssociated(material));
  if (pending !== undefined) {
    fail(
      'KMSInvalidStateException',
      `New key material (id: ${materialId}) cannot be imported into KMS key ${arn}, because another key material (id: ${pending.materialId}) is pending rotation.`,
    );
  }
  return 'PENDING_ROTATION';
}

/** A key that waited for material is Enabled when all that belongs to it is there. @returns its new version */
async function stateAfterImport(tx: Transaction, { region, keyId, state }: KeyRow): Promise<bigint> {
  const isComplete = state === 'PendingImport' && (await hasItsMaterials(tx, region, keyId));
  return isComplete ? updateState(tx, region, keyId, 'Enabled', null) : raiseVersion(tx, region, keyId);
}
