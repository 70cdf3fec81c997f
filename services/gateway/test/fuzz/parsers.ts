import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScalarType } from '@bufbuild/protobuf';
import { spiffeIdOf } from '@trent/bootstrap';
import { namedKey } from '@trent/ciphertext';
import { awsEnum, membersOf, type MemberField, type Operation } from '@trent/contracts';
import { canonicalise } from '@trent/encryption-context';
import { parseArn, parseKeyReference, parsePrincipalArn, type AccountId, type RegionName } from '@trent/identifiers';
import { encodeImportToken, parseImportToken, parseToken } from '@trent/key-token';
import { readPermit } from '@trent/permit';
import { compilePolicy, defaultKeyPolicy } from '@trent/policy-language';
import { identifySigned } from '../../src/authn/canonical-request.ts';
import { bearerOf } from '../../src/authn/bearer-token.ts';
import { jsonReader, parseJsonBody } from '../../src/http/aws-json.ts';
import { parseParameters, queryReader } from '../../src/http/aws-query.ts';
import { planOperations, type OperationPlan } from '../../src/operations/operation-plan.ts';
import { mutateBytes, mutateText, type Dice } from './mutate.ts';

/** One parser, fed with a neighbour of something good. */
export interface Parser {
  readonly name: string;
  readonly feed: (dice: Dice) => unknown;
  /** No client sends it: what is wrong with it is a defect or an attack inside. */
  readonly isInternal?: boolean;
}

const ACCOUNT = '111122223333' as AccountId;
const REGION = 'eu-west-1' as RegionName;
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1b2c3d4e-0000-4000-8000-00000000000a`;

/** Every parser that sees what clients, or whoever holds a database or a stream, can choose. */
export const parsers: readonly Parser[] = [
  ...requests(),
  bytes('ciphertexts', [...golden('ciphertext', 'ciphertext-v1'), ...golden('ciphertext', 'ciphertext-v2')], namedKey),
  {
    ...bytes(
      'key tokens',
      ['1', '2', '3'].flatMap((version) => golden('key-token', `key-token-v${version}`)),
      parseToken,
    ),
    isInternal: true,
  },
  bytes('import tokens', [importToken()], parseImportToken),
  { ...bytes('permits', golden('permit', 'permit-v1'), readPermit), isInternal: true },
  text('key policies', [defaultKeyPolicy(ACCOUNT), conditionalPolicy()], (policy) => compilePolicy(policy, 'key')),
  text('identity policies', [conditionalPolicy()], (policy) => compilePolicy(policy, 'identity')),
  text('ARNs', [KEY_ARN, `arn:aws:sts::${ACCOUNT}:assumed-role/a/b`], (arn) => [parseArn(arn), parsePrincipalArn(arn)]),
  text('key references', [KEY_ARN, 'alias/app', `arn:aws:kms:${REGION}:${ACCOUNT}:alias/app`], (reference) =>
    parseKeyReference(reference, { region: REGION, account: ACCOUNT }),
  ),
  text('encryption contexts', ['tenant'], (pair) =>
    canonicalise(
      new Map([
        [pair, pair],
        ['__proto__', pair],
      ]),
    ),
  ),
  text('signatures', [authorization()], (header) =>
    identifySigned(
      { method: 'POST', path: '/', query: '', rawHeaders: ['Host', 'kms', 'X-Amz-Date', '20260101T000000Z', 'Authorization', header] },
      'e3b0',
      { service: 'kms', regions: [REGION] },
    ),
  ),
  text('presigned queries', [presigned()], (query) =>
    identifySigned({ method: 'GET', path: '/', query, rawHeaders: ['Host', 'kms'] }, 'e3b0', { service: 'kms', regions: [REGION] }),
  ),
  text('bearer tokens', ['Bearer AAAA'], bearerOf),
  text('certificate names', ['URI:spiffe://trent/account/111122223333/root, DNS:a'], spiffeIdOf),
];

/** The way of a request's body: the codec, the bounds of members, the rules, what policy is told. */
function requests(): Parser[] {
  const plans = [...planOperations().values()].map((plan) => ({ plan, ...readersOf(plan) }));
  return [
    {
      name: 'AWS JSON',
      feed: (dice) => {
        const { plan, readJson, json } = dice.oneOf(plans as [(typeof plans)[number], ...typeof plans]);
        return judged(plan, readJson(parseJsonBody(mutateBytes(dice, json))));
      },
    },
    {
      name: 'AWS Query',
      feed: (dice) => {
        const { plan, readQuery, query } = dice.oneOf(plans as [(typeof plans)[number], ...typeof plans]);
        return judged(plan, readQuery(parseParameters(mutateText(dice, query))));
      },
    },
  ];
}

function readersOf({ operation }: OperationPlan) {
  const sample = sampleOf(operation);
  return {
    readJson: jsonReader(operation.request),
    readQuery: queryReader(operation.request),
    json: Buffer.from(JSON.stringify(sample)),
    query: new URLSearchParams(Object.entries(sample).map(([name, value]): [string, string] => [name, String(value)])).toString(),
  };
}

function judged(plan: OperationPlan, message: object): unknown {
  const fault = plan.validate(message);
  if (fault !== undefined) throw fault;
  for (const rule of plan.rules) rule(message);
  return [plan.keys(message), plan.facts(message), plan.operation.requestCodec.encode(message)];
}

/** Every member with a value of its type; what it means does not matter, it is not kept anyway. */
function sampleOf({ request }: Operation): Record<string, unknown> {
  return Object.fromEntries(membersOf(request).map((member) => [member.awsName, valueOf(member)]));
}

function valueOf({ field }: MemberField): unknown {
  switch (field.fieldKind) {
    case 'list':
      return [];
    case 'map':
      return { purpose: 'fuzz' };
    case 'message':
      return field.message.typeName === 'google.protobuf.Timestamp' ? 1_900_000_000 : {};
    case 'enum':
      return awsEnum(field.enum.typeName).values[0];
    case 'scalar':
      return scalarOf(field.scalar);
  }
}

function scalarOf(type: ScalarType): unknown {
  switch (type) {
    case ScalarType.BOOL:
      return false;
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return 'AAAA';
    default:
      return 7;
  }
}

function bytes(name: string, good: readonly Buffer[], parse: (input: Buffer) => unknown): Parser {
  const [first = Buffer.alloc(0), ...more] = good;
  return { name, feed: (dice) => parse(mutateBytes(dice, dice.oneOf([first, ...more]))) };
}

function text(name: string, [first = '', ...more]: readonly string[], parse: (input: string) => unknown): Parser {
  return { name, feed: (dice) => parse(mutateText(dice, dice.oneOf([first, ...more]))) };
}

/** The encoded forms in a library's golden vectors. */
function golden(lib: string, file: string): Buffer[] {
  const json = readFileSync(join(import.meta.dirname, `../../../../libs/${lib}/src/${file}.golden.json`), 'utf8');
  return [...json.matchAll(/"(?:ciphertext|token|encoded)": "([0-9a-f]{120,})"/g)].map(([, hex = '']) => Buffer.from(hex, 'hex'));
}

function importToken(): Buffer {
  const token = encodeImportToken({ expiresAtMs: 1_900_000_000_000, algorithm: 'RSAES_OAEP_SHA_256', wrappingKey: Buffer.alloc(300, 7) });
  return Buffer.concat([token, Buffer.alloc(32)]);
}

function conditionalPolicy(): string {
  const condition = {
    StringLike: { 'aws:PrincipalTag/team': '${aws:username}*' },
    DateLessThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' },
  };
  const statement = { Sid: 'One', Effect: 'Allow', Action: ['kms:De*', 'kms:*Key'], Resource: [KEY_ARN, '*'], Condition: condition };
  return JSON.stringify({ Version: '2012-10-17', Id: 'fuzz', Statement: [statement] });
}

function authorization(): string {
  const scope = `AKIAEXAMPLE00000001/20260101/${REGION}/kms/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${'a'.repeat(64)}`;
}

function presigned(): string {
  const credential = encodeURIComponent(`AKIAEXAMPLE00000001/20260101/${REGION}/kms/aws4_request`);
  return `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=${'a'.repeat(64)}`;
}
