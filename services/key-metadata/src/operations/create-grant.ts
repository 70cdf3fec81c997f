import { randomBytes } from 'node:crypto';
import { kms, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { grantOperationsOf, operationInState } from '@trent/key-model';
import { makeGrantToken } from '@trent/policy-evaluator';
import { findSameGrant, fingerprintOf, insertGrant, type GrantRow } from '../store/grants.ts';
import { lockKey, type KeyRow } from '../store/keys.ts';
import { change, keyOf, type Call, type Deps } from './call.ts';
import { checkPrincipal, dryRun, grantChange, grantOperation } from './grant-parts.ts';

/** 64 hex digits of a grant id. */
const GRANT_ID_BYTES = 32;
const NONCE_BYTES = 16;

/**
 * CreateGrant: the grant is in every replica's view before the answer, so its token is for completeness alone.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
 */
export function createGrant(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const request = kms.CreateGrantRequest.decode(call.request.input);
  const { keyId, arn } = keyOf(call);
  const wanted = readWanted(request, principalIds(call));
  const newId = randomBytes(GRANT_ID_BYTES).toString('hex');
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState('CreateGrant', key.state, arn);
    checkSuitsKey(wanted, key, arn);
    const same = wanted.name === '' ? undefined : await findSameGrant(tx, call.region, keyId, fingerprintOf(wanted));
    const grant = { ...wanted, keyId, grantId: newId, issuingAccount: call.accountId };
    const version = same === undefined ? await insertGrant(tx, call.region, grant) : undefined;
    if (request.dryRun === true) dryRun();
    const grantId = same ?? newId;
    const grantToken = makeGrantToken(deps.grantTokenKey, { grantId, keyArn: arn }, randomBytes(NONCE_BYTES));
    return {
      response: kms.CreateGrantResponse.create({ grantId, grantToken }),
      resources: [arn],
      changes: version === undefined ? [] : [grantChange(call.region, keyId, version)],
    };
  });
}

type WantedGrant = Omit<GrantRow, 'keyId' | 'grantId' | 'issuingAccount' | 'createdAt'>;

/** @throws InvalidArnException for what can't name a principal */
function readWanted(request: kms.CreateGrantRequest, ids: Readonly<Record<string, string>>): WantedGrant {
  const { constraints, granteePrincipal = '', retiringPrincipal = '' } = request;
  return {
    name: request.name ?? '',
    granteePrincipal: principalOf(request.granteePrincipal),
    granteeService: request.granteeServicePrincipal ?? null,
    retiringPrincipal: principalOf(request.retiringPrincipal),
    retiringService: request.retiringServicePrincipal ?? null,
    operations: [...new Set(request.operations.map((operation) => grantOperation.toAws(operation) ?? fail('KMSInternalException')))],
    contextEquals: pairsOf(constraints?.encryptionContextEquals),
    contextSubset: pairsOf(constraints?.encryptionContextSubset),
    sourceArn: constraints?.sourceArn ?? null,
    granteeId: ids[granteePrincipal] ?? '',
    retiringId: ids[retiringPrincipal] ?? '',
  };
}

/** Unique ids of the users and roles that the request names, as policy found them when it looked whether they are there. */
function principalIds({ request }: Call): Readonly<Record<string, string>> {
  const context = request.caller?.context ?? '';
  return context === '' ? {} : ((JSON.parse(context) as { principalIds?: Record<string, string> }).principalIds ?? {});
}

function principalOf(text: string | undefined): string | null {
  return text === undefined ? null : checkPrincipal(text).arn;
}

function pairsOf(pairs: ReadonlyMap<string, string> | undefined): Record<string, string> | null {
  return pairs === undefined || pairs.size === 0 ? null : Object.fromEntries(pairs);
}

/** @throws ValidationException for an operation that no such key can do, or an encryption context on a key that has none */
function checkSuitsKey({ operations, contextEquals, contextSubset }: WantedGrant, key: KeyRow, arn: string): void {
  const suitable: readonly string[] = grantOperationsOf(key.spec, key.usage);
  const unsuitable = operations.filter((operation) => !suitable.includes(operation));
  if (unsuitable.length > 0) fail('ValidationException', `Grant operations [${unsuitable.join(', ')}] are not valid for ${arn}.`);
  if (key.spec !== 'SYMMETRIC_DEFAULT' && (contextEquals !== null || contextSubset !== null)) {
    fail('ValidationException', `Encryption context constraints are not valid for ${arn}, whose KeySpec is ${key.spec}.`);
  }
}
