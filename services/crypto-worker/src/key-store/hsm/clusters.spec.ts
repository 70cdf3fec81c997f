import { describe, expect, test } from '@jest/globals';
import { parseClusters } from './clusters.ts';

const entry = { clusterId: 'cluster-abcdefghijk', module: '/lib/hsm.so', tokenLabel: 'blue', trustAnchorFile: '/anchor.crt' };
const other = { ...entry, clusterId: 'cluster-lmnopqrstuv', tokenLabel: 'green' };
/** Self-signed, made for this test alone. */
const ANCHOR = `-----BEGIN CERTIFICATE-----
MIIBbzCCARagAwIBAgIRANyF7XxYfHnSz6k6tmEImsUwCgYIKoZIzj0EAwIwFjEU
MBIGA1UEAxMLYSBrZXkgc3RvcmUwHhcNMjYxMTI0MTQ0MTQwWhcNMzYxMTIxMTQ0
NjQwWjAWMRQwEgYDVQQDEwthIGtleSBzdG9yZTBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABG0+q0Mw7ZPmkAeulPkKS6N0d89fZWfLJjZon1eLVjTPG/AjHW/vhvLN
b5FiSo6h8iFcbgNXqKWGVv5kydakMKWjRTBDMBIGA1UdEwEB/wQIMAYBAf8CAQAw
DgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBSxkaqMwmUtUg9Hoe1RwvrFK08PZTAK
BggqhkjOPQQDAgNHADBEAiBB6AXLaPdj6q5mA18vzchoTxk5f0DxbIlWTsQsv8+q
jgIgMIhZuwT7ocmYqfrlI4YQXpdSydsg+hI052gNoxwZ9Nc=
-----END CERTIFICATE-----`;
const parse = (...clusters: object[]) => parseClusters(JSON.stringify({ clusters }), () => Buffer.from(ANCHOR));

describe('the operator’s list of clusters', () => {
  test('gives each entry with its certificate', () => {
    const [first, second] = parse({ ...entry, pinFile: '/pin', accounts: ['111122223333'] }, other);
    expect(first).toMatchObject({ clusterId: entry.clusterId, module: entry.module, pinFile: '/pin', accounts: ['111122223333'] });
    expect(first?.trustAnchor.subject).toBe('CN=a key store');
    expect(second).toMatchObject({ pinFile: undefined, accounts: undefined, moduleParameters: undefined });
  });

  test.each([
    ['an id of another form', [{ ...entry, clusterId: 'blue' }], /clusters\.0\.clusterId/],
    ['an entry without a module', [{ ...entry, module: undefined }], /clusters\.0\.module/],
    ['a label that no token can have', [{ ...entry, tokenLabel: 'x'.repeat(33) }], /clusters\.0\.tokenLabel/],
    ['an account of another form', [{ ...entry, accounts: ['1'] }], /clusters\.0\.accounts\.0/],
    ['a misspelt member', [{ ...entry, pin: 'x' }], /clusters\.0/],
    ['an id twice', [entry, { ...other, clusterId: entry.clusterId }], /has cluster-abcdefghijk twice/],
    ['a token twice', [entry, { ...other, tokenLabel: 'blue' }], /has blue of \/lib\/hsm\.so twice/],
    ['two sets of parameters of a module', [entry, { ...other, moduleParameters: 'x' }], /two sets of parameters for \/lib\/hsm\.so/],
  ])('is refused with %s', (_, clusters, message) => {
    expect(() => parse(...clusters)).toThrow(message);
  });

  test('is refused when it is no JSON, or a certificate is none', () => {
    expect(() => parseClusters('{', () => Buffer.alloc(0))).toThrow(SyntaxError);
    expect(() => parseClusters(JSON.stringify({ clusters: [entry] }), () => Buffer.from('none'))).toThrow();
  });
});
