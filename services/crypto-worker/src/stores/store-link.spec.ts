import { describe, expect, test } from '@jest/globals';
import type { Endpoint } from '@trent/bootstrap';
import { keystore } from '@trent/contracts';
import { trentError, type ErrorCode } from '@trent/errors';
import type { UnaryLink } from '@trent/grpc-link';
import { StoreLink } from './store-link.ts';

const method = keystore.StoreKeyServiceService.generateRandom;
const request = { storeId: 'cks-1', numberOfBytes: 8 };
const call = { storeId: 'cks-1', deadline: Infinity, repeat: 'safe' } as const;
const endpoints: readonly Endpoint[] = ['a', 'b', 'c'].map((host) => ({ host, port: 1, zone: host }));

/** A link whose processes answer with an error code or, without one, with their name. */
function aLink(answers: Record<string, ErrorCode | undefined>) {
  const asked: string[] = [];
  const link: Partial<UnaryLink> = {
    endpoints: () => endpoints,
    call: (_method, _request, { endpoint }) => {
      const host = endpoint?.host ?? '';
      asked.push(host);
      const code = answers[host];
      return code === undefined ? Promise.resolve({ random: Buffer.from(host) } as never) : Promise.reject(trentError(code));
    },
  };
  return { link: new StoreLink(link as UnaryLink), asked, answers };
}

describe('a call for a custom key store', () => {
  test('goes to the process that holds it, which is asked first from then on', async () => {
    const { link, asked } = aLink({ a: 'CustomKeyStoreNotFoundException', b: 'CustomKeyStoreNotFoundException' });
    for (let times = 0; times < 2; times++) expect((await link.call(method, request, call)).random.toString()).toBe('c');
    expect(asked).toEqual(['a', 'b', 'c', 'c']);
  });

  test('goes on to another process when the one that held it is away', async () => {
    const { link, asked, answers } = aLink({});
    await link.call(method, request, call);
    answers['a'] = 'KMSInternalException';
    expect((await link.call(method, request, call)).random.toString()).toBe('b');
    expect(asked).toEqual(['a', 'a', 'b']);
  });

  test('that may have had its effect is made once', async () => {
    const { link, asked } = aLink({ a: 'KMSInternalException' });
    await expect(link.call(method, request, { ...call, repeat: 'once' })).rejects.toMatchObject({ code: 'KMSInternalException' });
    expect(asked).toEqual(['a']);
  });

  test('ends with what the store says', async () => {
    const { link, asked } = aLink({ a: 'InvalidCiphertextException' });
    await expect(link.call(method, request, call)).rejects.toMatchObject({ code: 'InvalidCiphertextException' });
    expect(asked).toEqual(['a']);
  });

  test('that nobody holds is not found; that one may hold who is away is not known', async () => {
    const away = { a: 'CustomKeyStoreNotFoundException', c: 'CustomKeyStoreNotFoundException' } as const;
    const nobody = aLink({ ...away, b: 'CustomKeyStoreNotFoundException' });
    await expect(nobody.link.call(method, request, call)).rejects.toMatchObject({ code: 'CustomKeyStoreNotFoundException' });
    const unknown = aLink({ ...away, b: 'KMSInternalException' });
    await expect(unknown.link.call(method, request, call)).rejects.toMatchObject({ code: 'KMSInternalException' });
    await expect(new StoreLink(undefined).call(method, request, call)).rejects.toMatchObject({ code: 'CustomKeyStoreNotFoundException' });
  });

  test('is refused while 256 others of the same store are out, and no call of another store is', async () => {
    const gate = Promise.withResolvers<never>();
    const link = new StoreLink({ endpoints: () => endpoints, call: () => gate.promise } as unknown as UnaryLink);
    const out = Array.from({ length: 256 }, () => link.call(method, request, call));
    await expect(link.call(method, request, call)).rejects.toMatchObject({ code: 'ThrottlingException' });
    const other = link.call(method, request, { ...call, storeId: 'cks-2' });
    gate.resolve({ random: Buffer.alloc(8) } as never);
    await Promise.all([...out, other]);
    await link.call(method, request, call);
  });
});
