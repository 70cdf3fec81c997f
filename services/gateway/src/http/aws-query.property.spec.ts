import { test } from '@jest/globals';
import { iam, operations, type Operation } from '@trent/contracts';
import { isTrentError } from '@trent/errors';
import { XMLParser } from 'fast-xml-parser';
import fc from 'fast-check';
import { parseParameters, queryReader } from './aws-query.ts';
import { queryWriter } from './aws-query-writer.ts';

const createUser = operations.get('iam.CreateUser') as Operation;
const listUserTags = operations.get('iam.ListUserTags') as Operation;
const tag = fc.record({ key: fc.string({ unit: 'grapheme', minLength: 1 }), value: fc.string({ unit: 'grapheme', minLength: 1 }) });

test('what a client writes as dotted parameters is read as it was meant', () => {
  const read = queryReader(createUser.request);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.array(tag, { maxLength: 20 }), (userName, tags) => {
      const form = new URLSearchParams({ Action: 'CreateUser', UserName: userName });
      tags.forEach(({ key, value }, index) => {
        form.append(`Tags.member.${String(index + 1)}.Key`, key);
        form.append(`Tags.member.${String(index + 1)}.Value`, value);
      });
      const found = read(parseParameters(form.toString())) as iam.CreateUserRequest;
      return found.userName === userName && JSON.stringify(found.tags) === JSON.stringify(tags);
    }),
  );
});

test('any bytes are a request or a documented error', () => {
  const read = queryReader(createUser.request);
  const name = fc.constantFrom('UserName', 'Tags', 'Tags.member.1.Key', 'Tags.member.x', 'Tags.member.-1', '.', 'Tags..1', '__proto__.a');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.oneof(name, fc.string()), fc.string())), (pairs) => {
      try {
        read(parseParameters(new URLSearchParams(pairs).toString()));
        return true;
      } catch (error) {
        return isTrentError(error) && error.code === 'SerializationException';
      }
    }),
  );
});

test('what is written is XML that says the same', () => {
  const write = queryWriter(listUserTags);
  const parser = new XMLParser({ parseTagValue: false, trimValues: false, isArray: (path) => path === 'member', processEntities: true });
  fc.assert(
    fc.property(
      fc.array(fc.record({ key: fc.stringMatching(/^[\p{L}_.:/=+\-@&<>"']+$/u), value: fc.stringMatching(/^[\w<>&"']+$/) })),
      (tags) => {
        const text = write(iam.ListUserTagsResponse.create({ tags, isTruncated: false }), 'r');
        const parsed = parser.parse(text) as {
          ListUserTagsResponse: { ListUserTagsResult: { Tags: '' | { member: { Key: string; Value: string }[] } } };
        };
        const { Tags } = parsed.ListUserTagsResponse.ListUserTagsResult;
        const found = Tags === '' ? [] : Tags.member.map(({ Key, Value }) => ({ key: Key, value: Value }));
        return JSON.stringify(found) === JSON.stringify(tags);
      },
    ),
  );
});
