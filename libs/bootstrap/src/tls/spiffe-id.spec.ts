import { describe, expect, test } from '@jest/globals';
import { anonymous, callerOfSpiffeId, spiffeIdOf } from './spiffe-id.ts';

describe('the SPIFFE id of a certificate', () => {
  test.each([
    ['alone', 'URI:spiffe://trent/service/policy'],
    ['between names', 'DNS:localhost, URI:spiffe://trent/service/policy, IP Address:127.0.0.1'],
    ['beside a name that Node had to quote', 'DNS:"a, b", URI:spiffe://trent/service/policy'],
  ])('is read %s', (_name, text) => {
    expect(spiffeIdOf(text)).toBe('spiffe://trent/service/policy');
  });

  test.each([
    ['there is none', 'DNS:localhost'],
    ['there are no names', undefined],
    ['there are two', 'URI:spiffe://trent/service/policy, URI:spiffe://trent/service/gateway'],
    ['it is of another scheme', 'URI:https://trent/service/policy'],
    ['it stands inside another name', 'DNS:"x, URI:spiffe://trent/service/policy, y"'],
    ['a quote is never closed', 'DNS:"x, URI:spiffe://trent/service/policy'],
  ])('is none when %s', (_name, text) => {
    expect(spiffeIdOf(text)).toBeUndefined();
  });
});

describe('the caller of a SPIFFE id', () => {
  test.each([
    ['spiffe://trent/service/key-metadata', { kind: 'service', service: 'key-metadata' }],
    ['spiffe://trent/operator/alice', { kind: 'operator', operator: 'alice' }],
    ['spiffe://trent/account/111122223333/root', { kind: 'account', account: '111122223333', name: 'root' }],
  ])('%s', (spiffeId, expected) => {
    expect(callerOfSpiffeId(spiffeId, 'trent')).toEqual({ ...expected, spiffeId });
  });

  test.each([
    'spiffe://other/service/policy',
    'spiffe://trent/service/unknown',
    'spiffe://trent/service/policy/more',
    'spiffe://trent/service/policy?x',
    'spiffe://trent/account/1/root',
    'spiffe://trent/account/111122223333',
    'spiffe://trent/operator/',
    'spiffe://trent/',
  ])('%s is nobody', (spiffeId) => {
    expect(callerOfSpiffeId(spiffeId, 'trent')).toBe(anonymous);
  });
});
