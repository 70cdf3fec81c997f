import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { makeTestDeployment, type TestDeployment } from '@trent/bootstrap/testing';
import { encodeHeader, parseCiphertext } from '@trent/ciphertext';
import { authorize, awsEnum, kms, options, sts, type execute, type invoke } from '@trent/contracts';
import { fail, isTrentError, type ErrorCode } from '@trent/errors';
import { signingKey, stringToSign, verifySignature } from '@trent/sigv4';

import { Concurrency } from '../src/admission/concurrency.ts';
import { openEdge, type Edge, type EdgeParts } from '../src/open-edge.ts';

export const REGION = 'us-east-1';
export const ACCOUNT = '111122223333';
export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${KEY_ID}`;
export const ACCESS_KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const MATERIAL_ID = 'ab'.repeat(32);

/** An edge with its doors open, before rooms that are functions of this process. */
export interface TestEdge extends AsyncDisposable {
  readonly deployment: TestDeployment;
  readonly edge: Edge;
  readonly records: Record<string, unknown>[];
  /** The CA that clients trust, PEM. */
  readonly ca: string;
}

/** Opens an edge; its policy knows one account with one access key, its worker seals with a toy cipher, its key-metadata answers little. */
export async function openTestEdge(parts: Partial<EdgeParts> = {}): Promise<TestEdge> {
  const deployment = await makeTestDeployment();
  const runtime = await deployment.runtime('gateway');
  const records: Record<string, unknown>[] = [];
  const edge = await openEdge(runtime, {
    httpsListen: [{ host: '127.0.0.1', port: 0, shared: false }],
    grpcListen: [{ host: '127.0.0.1', port: 0, shared: false }],
    regions: [REGION, 'eu-west-1'],
    concurrency: new Concurrency(1000),
    quotaScale: 1,
    tls: await deployment.identity('spiffe://trent/service/gateway'),
    counts: { add: () => Promise.resolve(1), sharers: () => 1 },
    authorize: (item) => Promise.resolve(decide(item)),
    rooms: testRooms(),
    usage: { note: () => undefined },
    publish: (_region, record) => {
      records.push(JSON.parse(record) as Record<string, unknown>);
      return Promise.resolve();
    },
    ...parts,
  });
  return { deployment, edge, records, ca: deployment.pki.ca, [Symbol.asyncDispose]: () => deployment[Symbol.asyncDispose]() };
}

/** Signature and account of the access key, or the certificate's account; every key of the account is the one key. */
export function decide(item: authorize.AuthorizeItem): authorize.AuthorizeResult {
  const refuse = (code: ErrorCode, message = '') => authorize.AuthorizeResult.create({ error: { code, message } });
  if (item.caller?.$case === 'sigv4') {
    const {
      accessKeyId,
      scopeDate: date,
      scopeRegion: region,
      scopeService: service,
      canonicalRequest,
      signature,
      amzDate,
    } = item.caller.value;
    if (accessKeyId !== ACCESS_KEY.accessKeyId)
      return refuse('UnrecognizedClientException', 'The security token included in the request is invalid.');
    const key = dayKey(date, region, service);
    if (!verifySignature(key, stringToSign(amzDate, { date, region, service }, canonicalRequest), signature))
      return refuse('InvalidSignatureException', 'does not match');
  }
  const arn = `arn:aws:iam::${ACCOUNT}:root`;
  const identity = JSON.stringify({ type: 'Root', principalId: ACCOUNT, arn, accountId: ACCOUNT });
  const result = authorize.AuthorizeResult.create({ accountId: ACCOUNT, principalArn: arn, identity, accessKeyId: ACCESS_KEY.accessKeyId });
  if (item.authenticateOnly) return result;
  if (item.keys.some(({ reference }) => reference === 'alias/denied'))
    return { ...result, error: { code: 'AccessDeniedException', message: 'User is not authorized', retryAfterMs: 0, details: new Map() } };
  result.keys = item.keys.map(() => ({
    keyArn: KEY_ARN,
    token: TOKEN,
    materialId: MATERIAL_ID,
    aliasArn: '',
    customKeyStoreId: '',
    keySpec: 'SYMMETRIC_DEFAULT',
  }));
  result.permit = PERMIT;
  return result;
}

const TOKEN = Buffer.alloc(200, 't');
const PERMIT = Buffer.alloc(250, 'p');
const dayKeys = new Map<string, ReturnType<typeof signingKey>>();

function dayKey(date: string, region: string, service: string): ReturnType<typeof signingKey> {
  const name = `${date}/${region}/${service}`;
  const key = dayKeys.get(name) ?? signingKey(Buffer.from(ACCESS_KEY.secretAccessKey), date, region, service);
  dayKeys.set(name, key);
  return key;
}

export function testRooms(): EdgeParts['rooms'] {
  const call = (item: execute.ExecuteItem): Promise<execute.ExecuteResult> => Promise.resolve().then(() => executeItem(item));
  const invoke = (request: invoke.InvokeRequest): Promise<invoke.InvokeResponse> => Promise.resolve().then(() => invokeOperation(request));
  return {
    execute: new Map([[REGION, call]]),
    invoke: new Map(
      [options.Room.ROOM_KEY_METADATA, options.Room.ROOM_POLICY, options.Room.ROOM_AUDIT_INGEST].map((room) => [room, invoke]),
    ),
  };
}

const SYMMETRIC = awsEnum('trent.kms.v1.EncryptionAlgorithm').fromAws('SYMMETRIC_DEFAULT') as kms.EncryptResponse['encryptionAlgorithm'];

/** Executes an item as a worker would, with a toy cipher. */
export function executeItem({ operation, input }: execute.ExecuteItem): execute.ExecuteResult {
  try {
    return { id: 0, output: Buffer.from(cryptoOutput(operation, input)), error: undefined };
  } catch (error) {
    if (!isTrentError(error)) throw error;
    return { id: 0, output: Buffer.alloc(0), error: { code: error.code, message: error.message, retryAfterMs: 0, details: new Map() } };
  }
}

function cryptoOutput(operation: string, input: Buffer): Uint8Array {
  switch (operation) {
    case 'kms.Encrypt': {
      const { plaintext = Buffer.alloc(0), encryptionContext } = kms.EncryptRequest.decode(input);
      const answer = kms.EncryptResponse.create({
        keyId: KEY_ARN,
        ciphertextBlob: seal(plaintext, encryptionContext),
        encryptionAlgorithm: SYMMETRIC,
      });
      return kms.EncryptResponse.encode(answer).finish();
    }
    case 'kms.Decrypt': {
      const { ciphertextBlob = Buffer.alloc(0), encryptionContext } = kms.DecryptRequest.decode(input);
      const plaintext = open(ciphertextBlob, encryptionContext);
      const answer = kms.DecryptResponse.create({ keyId: KEY_ARN, plaintext, encryptionAlgorithm: SYMMETRIC, keyMaterialId: MATERIAL_ID });
      return kms.DecryptResponse.encode(answer).finish();
    }
    case 'kms.GenerateRandom': {
      const { numberOfBytes = 0 } = kms.GenerateRandomRequest.decode(input);
      return kms.GenerateRandomResponse.encode(kms.GenerateRandomResponse.create({ plaintext: randomBytes(numberOfBytes) })).finish();
    }
    default:
      return fail('KMSInternalException');
  }
}

function seal(plaintext: Buffer, context: ReadonlyMap<string, string>): Buffer {
  const header = encodeHeader({
    version: 1,
    region: REGION,
    keyId: KEY_ID,
    materialId: MATERIAL_ID,
    kdf: 1,
    nonce: Buffer.alloc(14),
    iv: Buffer.alloc(12),
  });
  return Buffer.concat([header, tagOf(plaintext, context), plaintext.map((byte) => byte ^ 0x55), Buffer.alloc(16)]);
}

function open(blob: Buffer, context: ReadonlyMap<string, string>): Buffer {
  const { body } = parseCiphertext(blob);
  const plaintext = Buffer.from(body.subarray(32, -16).map((byte) => byte ^ 0x55));
  return timingSafeEqual(tagOf(plaintext, context), body.subarray(0, 32)) ? plaintext : fail('InvalidCiphertextException');
}

function tagOf(plaintext: Buffer, context: ReadonlyMap<string, string>): Buffer {
  return createHmac('sha256', 'toy')
    .update(JSON.stringify([...context].sort()))
    .update(plaintext)
    .digest();
}

function invokeOperation({ operation, input, caller }: invoke.InvokeRequest): invoke.InvokeResponse {
  switch (operation) {
    case 'sts.GetCallerIdentity': {
      const answer = { userId: caller?.accountId, account: caller?.accountId, arn: caller?.principalArn };
      return {
        output: Buffer.from(sts.GetCallerIdentityResponse.encode(sts.GetCallerIdentityResponse.create(answer)).finish()),
        recorded: false,
      };
    }
    case 'kms.DescribeKey': {
      const { keyId } = kms.DescribeKeyRequest.decode(input);
      if (keyId === 'slow') fail('DependencyTimeoutException');
      const keyMetadata = { keyId: KEY_ID, arn: KEY_ARN, creationDate: new Date(1_700_000_000_123), enabled: true };
      return {
        output: Buffer.from(kms.DescribeKeyResponse.encode(kms.DescribeKeyResponse.create({ keyMetadata })).finish()),
        recorded: false,
      };
    }
    case 'kms.ListKeys':
      return {
        output: Buffer.from(kms.ListKeysResponse.encode(kms.ListKeysResponse.create({ truncated: false })).finish()),
        recorded: false,
      };
    default:
      return { output: Buffer.alloc(0), recorded: true };
  }
}
