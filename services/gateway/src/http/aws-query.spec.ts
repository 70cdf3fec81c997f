import { describe, expect, test } from '@jest/globals';
import { messageDescriptor, operations, sts, type Operation } from '@trent/contracts';
import { trentError } from '@trent/errors';
import { XMLParser } from 'fast-xml-parser';
import { jsonError, queryError } from './aws-errors.ts';
import { parseParameters, queryReader } from './aws-query.ts';
import { escapeXml, queryWriter } from './aws-query-writer.ts';

/** No Query operation of the contract has members yet, so requests of KMS show the forms. */
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

  test('an empty list is written as a name without value', () => {
    expect(read('kms.v1.CreateKeyRequest', 'Tags=')).toMatchObject({ tags: [] });
  });

  test.each([
    ['kms.v1.GenerateRandomRequest', 'NumberOfBytes=1.5'],
    ['kms.v1.GenerateRandomRequest', 'NumberOfBytes=99999999999'],
    ['kms.v1.CreateKeyRequest', 'MultiRegion=yes'],
    ['kms.v1.CreateKeyRequest', 'Tags.member.x.TagKey=a'],
    ['cloudtrail.v1.LookupEventsRequest', 'StartTime=never'],
    ['kms.v1.CreateKeyRequest', Array.from({ length: 1001 }, (_, index) => `p${String(index)}=`).join('&')],
  ])('%s refuses what it cannot read (%#)', (type, text) => {
    expect(() => read(type, text)).toThrow(expect.objectContaining({ code: 'SerializationException' }));
  });
});

describe('writing AWS Query', () => {
  const getCallerIdentity = operations.get('sts.GetCallerIdentity') as Operation;

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

  test('lists, maps, dates and empty lists have their forms', () => {
    const describe = operations.get('kms.DescribeKey') as Operation;
    const xml = queryWriter(describe)(
      { keyMetadata: { ...emptyMetadata(), keyId: 'k', creationDate: new Date(0), signingAlgorithms: [] } },
      'r',
    );
    expect(xml).toContain('<CreationDate>1970-01-01T00:00:00Z</CreationDate>');
    expect(xml).toContain('<SigningAlgorithms/>');
  });

  test('text that XML cannot hold does not break it', () => {
    expect(escapeXml('a\u0000b\ud800<"\'&>\r😀')).toBe('a\ufffdb\ufffd&lt;&quot;&apos;&amp;&gt;&#13;😀');
  });
});

function emptyMetadata(): object {
  return operations.get('kms.CreateKey')?.responseCodec.decode(Buffer.from([0x0a, 0x00])) as object;
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
});
