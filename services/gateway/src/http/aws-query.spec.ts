import { describe, expect, test } from '@jest/globals';
import { iam, messageDescriptor, operations, sts, type Operation } from '@trent/contracts';
import { trentError } from '@trent/errors';
import { XMLParser } from 'fast-xml-parser';
import { jsonError, queryError } from './aws-errors.ts';
import { parseParameters, queryReader } from './aws-query.ts';
import { escapeXml, queryWriter } from './aws-query-writer.ts';

/** Requests of KMS show forms that IAM has not. */
const read = (type: string, text: string) => queryReader(messageDescriptor(`trent.${type}`))(parseParameters(text));

describe('reading AWS Query', () => {
  test('scalars, lists of structures and maps are read by dotted names', () => {
    expect(
      read(
        'kms.v1.CreateKeyRequest',
        'Action=X&Description=a+b%26&MultiRegion=true&KeySpec=RSA_2048&Tags.member.2.TagKey=b&Tags.member.1.TagKey=a&Tags.member.1.TagValue=',
      ),
    ).toMatchObject({
      description: 'a b&',
      multiRegion: true,
      tags: [
        { tagKey: 'a', tagValue: '' },
        { tagKey: 'b', tagValue: undefined },
      ],
    });
    expect(read('kms.v1.EncryptRequest', 'EncryptionContext.entry.1.key=__proto__&EncryptionContext.entry.1.value=v')).toMatchObject({
      encryptionContext: new Map([['__proto__', 'v']]),
    });
    expect(read('kms.v1.GenerateRandomRequest', 'NumberOfBytes=12')).toMatchObject({ numberOfBytes: 12 });
    expect(read('cloudtrail.v1.LookupEventsRequest', 'StartTime=2024-01-02T03:04:05Z')).toMatchObject({
      startTime: new Date('2024-01-02T03:04:05Z'),
    });
  });

  test("IAM's lists of structures and of strings are read", () => {
    expect(read('iam.v1.CreateUserRequest', 'UserName=bob&Path=%2Fdev%2F&Tags.member.1.Key=team&Tags.member.1.Value=blue')).toMatchObject({
      userName: 'bob',
      path: '/dev/',
      permissionsBoundary: undefined,
      tags: [{ key: 'team', value: 'blue' }],
    });
    expect(read('iam.v1.UntagUserRequest', 'UserName=bob&TagKeys.member.1=a&TagKeys.member.2=b')).toMatchObject({ tagKeys: ['a', 'b'] });
    const text =
      'PolicyInputList.member.1=%7B%7D&ContextEntries.member.1.ContextKeyName=k&ContextEntries.member.1.ContextKeyValues.member.1=v';
    expect(read('iam.v1.SimulateCustomPolicyRequest', text)).toMatchObject({
      policyInputList: ['{}'],
      contextEntries: [{ contextKeyName: 'k', contextKeyValues: ['v'] }],
    });
  });

  test('an empty list is written as a name without value', () => {
    expect(read('kms.v1.CreateKeyRequest', 'Tags=')).toMatchObject({ tags: [] });
  });

  test.each([
    ['kms.v1.GenerateRandomRequest', 'NumberOfBytes=1.5'],
    ['kms.v1.GenerateRandomRequest', 'NumberOfBytes=99999999999'],
    ['kms.v1.CreateKeyRequest', 'MultiRegion=yes'],
    ['kms.v1.CreateKeyRequest', 'Tags.member.x.TagKey=a'],
    ['cloudtrail.v1.LookupEventsRequest', 'StartTime=never'],
    ['kms.v1.CreateKeyRequest', Array.from({ length: 4001 }, (_, index) => `p${String(index)}=`).join('&')],
  ])('%s refuses what it cannot read (%#)', (type, text) => {
    expect(() => read(type, text)).toThrow(expect.objectContaining({ code: 'SerializationException' }));
  });
});

describe('writing AWS Query', () => {
  const getCallerIdentity = operation('sts.GetCallerIdentity');

  test('an answer has its namespace, result and request id', () => {
    const message = sts.GetCallerIdentityResponse.create({ account: '111122223333', arn: 'arn:aws:iam::111122223333:user/<bob>&' });
    const xml = queryWriter(getCallerIdentity)(message, 'r-1');
    expect(xml).toContain('xmlns="https://sts.amazonaws.com/doc/2011-06-15/"');
    expect(new XMLParser({ parseTagValue: false }).parse(xml)).toMatchObject({
      GetCallerIdentityResponse: {
        GetCallerIdentityResult: { Account: '111122223333', Arn: 'arn:aws:iam::111122223333:user/<bob>&' },
        ResponseMetadata: { RequestId: 'r-1' },
      },
    });
  });

  test('lists, dates, booleans and numbers have their forms', () => {
    const users = [iam.User.create({ userName: 'bob', createDate: new Date(0), tags: [{ key: 'team', value: 'a&b' }] })];
    const xml = queryWriter(operation('iam.ListUsers'))(iam.ListUsersResponse.create({ users, isTruncated: false }), 'r');
    expect(xml).toBe(
      '<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult><Users><member><UserName>bob</UserName>' +
        '<CreateDate>1970-01-01T00:00:00Z</CreateDate><Tags><member><Key>team</Key><Value>a&amp;b</Value></member></Tags></member></Users>' +
        '<IsTruncated>false</IsTruncated></ListUsersResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListUsersResponse>',
    );
  });

  test('an empty list of the answer is written, one inside a structure only where AWS always writes it', () => {
    expect(queryWriter(operation('iam.ListUsers'))(iam.ListUsersResponse.create(), 'r')).toContain(
      '<ListUsersResult><Users/></ListUsersResult>',
    );
    const user = iam.User.create({ userName: 'bob' });
    expect(queryWriter(operation('iam.GetUser'))({ user }, 'r')).toContain('<User><UserName>bob</UserName></User>');
  });

  test('an answer without members has no result', () => {
    expect(queryWriter(operation('iam.DeleteUser'))({}, 'r')).toBe(
      '<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DeleteUserResponse>',
    );
  });

  test('text that XML cannot hold does not break it', () => {
    expect(escapeXml('a\u0000b\ud800<"\'&>\r😀')).toBe('a\ufffdb\ufffd&lt;&quot;&apos;&amp;&gt;&#13;😀');
  });
});

function operation(name: string): Operation {
  return operations.get(name) as Operation;
}

describe('errors on the AWS wires', () => {
  test('JSON carries name and message', () => {
    expect(jsonError(trentError('NotFoundException', "Key 'x' does not exist"))).toMatchObject({
      status: 400,
      errorType: 'NotFoundException',
      body: `{"__type":"NotFoundException","message":"Key 'x' does not exist"}`,
    });
    expect(jsonError(trentError('InvalidCiphertextException')).body).toBe('{"__type":"InvalidCiphertextException"}');
    expect(jsonError(trentError('KMSInternalException')).status).toBe(500);
    expect(jsonError(trentError('RequestEntityTooLargeException')).status).toBe(413);
  });

  test('Query carries type, its own code and the request id', () => {
    const wire = { xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/' };
    const { body, status } = queryError(trentError('InvalidSignatureException', 'a < b'), 'r-1', wire);
    expect(status).toBe(403);
    expect(new XMLParser().parse(body)).toMatchObject({
      ErrorResponse: { Error: { Type: 'Sender', Code: 'SignatureDoesNotMatch', Message: 'a < b' }, RequestId: 'r-1' },
    });
  });

  test.each([
    ['NoSuchEntity', 'NoSuchEntity', 404],
    ['EntityAlreadyExists', 'EntityAlreadyExists', 409],
    ['DeleteConflict', 'DeleteConflict', 409],
    ['LimitExceededException', 'LimitExceeded', 409],
    ['MalformedPolicyDocumentException', 'MalformedPolicyDocument', 400],
    ['InvalidInput', 'InvalidInput', 400],
    ['ValidationException', 'ValidationError', 400],
    ['UnknownOperationException', 'InvalidAction', 400],
    ['AccessDeniedException', 'AccessDenied', 403],
    ['InvalidAuthenticationCode', 'InvalidAuthenticationCode', 403],
    ['ThrottlingException', 'Throttling', 400],
    ['KMSInternalException', 'ServiceFailure', 500],
  ] as const)('%s is %s on the Query wire, %i', (code, spelled, status) => {
    const answer = queryError(trentError(code, 'm'), 'r', { xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/' });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(`<Code>${spelled}</Code>`);
  });
});
