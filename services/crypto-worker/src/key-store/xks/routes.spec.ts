import { describe, expect, test } from '@jest/globals';
import { mayConnect } from './addresses.ts';
import { parseAllowedProxy, routeTo } from './routes.ts';

const SERVICE = 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0';
const failing = (kind: string) => expect.objectContaining({ kind }) as unknown as Error;

describe('an entry of the allow-list', () => {
  test.each([
    ['proxy.example.com', { host: 'proxy.example.com', port: 443, reach: 'public' }],
    ['Proxy.Example.COM', { host: 'proxy.example.com', port: 443, reach: 'public' }],
    ['proxy.example.com@192.0.2.7', { host: 'proxy.example.com', port: 443, address: '192.0.2.7', reach: 'public' }],
    ['proxy.example.com@127.0.0.1:8443', { host: 'proxy.example.com', port: 8443, address: '127.0.0.1', reach: 'public' }],
    ['proxy.example.com@[2001:db8::7]:8443', { host: 'proxy.example.com', port: 8443, address: '2001:db8::7', reach: 'public' }],
    [`${SERVICE}=private.example.com`, { host: 'private.example.com', port: 443, reach: 'private', vpcService: SERVICE }],
    [
      `${SERVICE}=private.example.com@10.0.0.5:8443`,
      { host: 'private.example.com', port: 8443, address: '10.0.0.5', reach: 'private', vpcService: SERVICE },
    ],
  ])('%s is understood', (text, entry) => {
    expect(parseAllowedProxy(text)).toEqual(entry);
  });

  test.each([
    '',
    'localhost',
    '10.0.0.5',
    '*.example.com',
    'https://proxy.example.com',
    'proxy.example.com:8443',
    'proxy.example.com/path',
    'proxy.example.com@',
    'proxy.example.com@other.example.com',
    'proxy.example.com@10.0.0.5:0',
    'proxy.example.com@10.0.0.5:65536',
    'proxy.example.com@10.0.0.5@10.0.0.6',
    'vpce-svc-1=private.example.com',
    `${SERVICE}=`,
    `${'a'.repeat(64)}.example.com`,
    `${'a.'.repeat(127)}com`,
  ])('%j is refused', (text) => {
    expect(parseAllowedProxy(text)).toBeUndefined();
  });
});

describe('the way to a proxy', () => {
  const allowed = ['proxy.example.com@127.0.0.1:8443', `${SERVICE}=private.example.com`].map((text) => parseAllowedProxy(text)!);
  const to = (uriEndpoint: string, vpcEndpointServiceName?: string) =>
    routeTo(allowed, { uriEndpoint, ...(vpcEndpointServiceName === undefined ? {} : { vpcEndpointServiceName }) });

  test('is the operator’s', () => {
    expect(to('https://Proxy.example.com')).toMatchObject({ host: 'proxy.example.com', address: '127.0.0.1', port: 8443 });
    expect(to('https://private.example.com', SERVICE)).toMatchObject({ host: 'private.example.com', reach: 'private' });
  });

  test('is closed to every host that is not on the list, and to all when the list is empty', () => {
    expect(() => to('https://other.example.com')).toThrow(failing('NotAllowed'));
    expect(() => to('https://proxy.example.com.')).toThrow(failing('NotAllowed'));
    expect(() => to('https://127.0.0.1')).toThrow(failing('NotAllowed'));
    expect(() => routeTo([], { uriEndpoint: 'https://proxy.example.com' })).toThrow(failing('NotAllowed'));
  });

  test('to a private endpoint needs its service, and the service its private name', () => {
    expect(() => to('https://private.example.com')).toThrow(failing('NotAllowed'));
    expect(() => to('https://proxy.example.com', SERVICE)).toThrow(failing('VpcServiceInvalid'));
    expect(() => to('https://private.example.com', SERVICE.replace('0123', '4567'))).toThrow(failing('VpcServiceNotFound'));
  });
});

describe('a name may lead', () => {
  test.each([
    ['8.8.8.8', true, true],
    ['2606:4700::1111', true, true],
    ['10.1.2.3', false, true],
    ['172.31.0.1', false, true],
    ['192.168.1.1', false, true],
    ['100.64.0.1', false, true],
    ['fd12:3456::1', false, true],
    ['::ffff:10.1.2.3', false, true],
    ['127.0.0.1', false, false],
    ['::1', false, false],
    ['::ffff:127.0.0.1', false, false],
    ['::ffff:7f00:1', false, false],
    ['169.254.169.254', false, false],
    ['fd00:ec2::254', false, false],
    ['fe80::1', false, false],
    ['0.0.0.0', false, false],
    ['::', false, false],
    ['224.0.0.1', false, false],
    ['255.255.255.255', false, false],
    ['nonsense', false, false],
  ])('to %s: from a public endpoint %s, from a private one %s', (address, fromPublic, fromPrivate) => {
    expect([mayConnect(address, 'public'), mayConnect(address, 'private')]).toEqual([fromPublic, fromPrivate]);
  });
});
