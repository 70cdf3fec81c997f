import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import {
  CKM,
  defaultProfile,
  findRootSet,
  isPkcs11Error,
  keyClasses,
  pinnedTemplate,
  plain,
  rootKeyLabel,
  rootRoles,
  verifyRootSet,
} from '@trent/pkcs11';
import type { Module, ObjectHandle, RootSet } from '@trent/pkcs11';
import { approveRequest, cardOf, createGenesisRequest, createJoinRequest, createOperator, createPackage } from '../src/index.ts';
import { hasJoined, packageDigest, parsePackage } from '../src/index.ts';
import type { CeremonyReason, CeremonyToken, RootPackage } from '../src/index.ts';
import { signApproval } from '../src/request.ts';
import { aGenesis, aJoin, aReadableMessageKey, aToken, aWrappedKey, approvalsOf, objectsOf, startMs } from './place.ts';
import type { Bend, Genesis } from './place.ts';

/** One true sentence about ceremonies, shown on real tokens. */
export interface CeremonyCase {
  readonly name: string;
  run(module: Module, stage: Stage): Promise<void>;
}

/** Shared by the cases that must leave it as it is: an empty token and a genesis of 2 of 3. */
export interface Stage {
  readonly empty: CeremonyToken;
  readonly genesis: Genesis;
}

function joined(token: CeremonyToken, region = 'us-east-1'): RootSet {
  const rootSet = findRootSet(token.session, token.module.dialect, region);
  assert.ok(rootSet !== undefined);
  return rootSet;
}

function refusedFor(reason: CeremonyReason) {
  return (error: unknown): true => {
    assert.equal((error as { code?: unknown }).code, 'CEREMONY', String(error));
    assert.equal((error as { reason?: unknown }).reason, reason, String(error));
    return true;
  };
}

const works: readonly CeremonyCase[] = [
  {
    name: 'genesis 2 of 3, join of two tokens: a key wrapped in one unwraps in the other, with the same derivations',
    run: async (module) => {
      const [a, b] = [aToken(module), aToken(module)];
      const genesis = await aGenesis(a, { k: 2, n: 3 });
      assert.equal((await aJoin(genesis, a, { places: [0, 1] })).outcome, 'joined');
      assert.equal((await aJoin(genesis, b, { places: [2, 1] })).outcome, 'joined');
      const wrapped = aWrappedKey(a, joined(a));
      const messageKeys = [a, b].map((token) => aReadableMessageKey(token, joined(token), wrapped));
      assert.equal(messageKeys[0]?.length, 32);
      assert.deepEqual(messageKeys[0], messageKeys[1]);
      const macs = [a, b].map((token) => token.session.sign(plain(CKM.SHA256_HMAC), joined(token).permitRoot, Buffer.from('hour')));
      assert.deepEqual(macs[0], macs[1]);
    },
  },
  {
    name: '1 of 1, 1 of 2 and 3 of 3 join as well',
    run: async (module) => {
      for (const [k, n] of [
        [1, 1],
        [1, 2],
        [3, 3],
      ] as const) {
        const token = aToken(module);
        const genesis = await aGenesis(token, { k, n });
        const places = Array.from({ length: k }, (_, index) => n - 1 - index);
        assert.equal((await aJoin(genesis, token, { places })).outcome, 'joined');
      }
    },
  },
  {
    name: 'more operators than needed may approve',
    run: async (module) => {
      const token = aToken(module);
      assert.equal((await aJoin(await aGenesis(token, { k: 2, n: 3 }), token, { places: [2, 0, 1] })).outcome, 'joined');
    },
  },
  {
    name: 'genesis leaves nothing in the token; a join leaves the root keys and the record alone',
    run: async (module) => {
      const token = aToken(module);
      const genesis = await aGenesis(token, { k: 2, n: 2 });
      assert.deepEqual(objectsOf(token), []);
      await aJoin(genesis, token);
      assert.equal(objectsOf(token).length, rootRoles.length + 1);
    },
  },
  {
    name: 'the root keys in the token are what their templates say, read back from the token',
    run: async (module) => {
      const token = aToken(module);
      const result = await aJoin(await aGenesis(token, { k: 2, n: 2 }), token);
      assert.deepEqual(result.deviations, []);
      assert.deepEqual(verifyRootSet(token.session, module.dialect, joined(token)), []);
    },
  },
  {
    name: 'a join of a token that has joined changes nothing and needs no operator',
    run: async (module) => {
      const token = aToken(module);
      const genesis = await aGenesis(token, { k: 2, n: 2 });
      await aJoin(genesis, token);
      const before = objectsOf(token).length;
      assert.equal(hasJoined(token, genesis.rootPackage), true);
      assert.equal((await aJoin(genesis, token)).outcome, 'already-joined');
      assert.equal(objectsOf(token).length, before);
    },
  },
  {
    name: 'a join that was interrupted is made whole by the next one',
    run: async (module) => {
      const token = aToken(module);
      const genesis = await aGenesis(token, { k: 2, n: 2 });
      await aJoin(genesis, token);
      for (const record of token.session.findObjects({ application: 'trent root set' })) token.session.destroyObject(record);
      assert.equal(findRootSet(token.session, token.module.dialect, 'us-east-1'), undefined);
      assert.equal((await aJoin(genesis, token)).outcome, 'joined');
      assert.equal(objectsOf(token).length, rootRoles.length + 1);
    },
  },
  {
    name: 'the digest-signing key signs what the public key of the package verifies',
    run: async (module) => {
      const token = aToken(module);
      const { rootPackage } = await aGenesisThatJoins(token);
      const message = Buffer.from('a digest of the audit log');
      const digest = createHash('sha256').update(message).digest();
      const signature = token.session.sign(plain(CKM.ECDSA), joined(token).digestSigning, digest);
      const key = createPublicKey({ key: Buffer.from(rootPackage.digestSigningPublicKey, 'base64'), format: 'der', type: 'spki' });
      assert.equal(verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature), true);
    },
  },
  {
    name: 'two regions in one token: what one wraps the other does not open',
    run: async (module) => {
      const token = aToken(module);
      await aJoin(await aGenesis(token, { k: 2, n: 2 }), token);
      await aJoin(await aGenesis(token, { k: 2, n: 2, region: 'eu-west-1' }), token);
      const [here, there] = [joined(token), joined(token, 'eu-west-1')];
      const wrapped = aWrappedKey(token, here);
      const template = pinnedTemplate('aes-derive', here.record.profile);
      const kwp = plain(module.dialect.kwp);
      token.session.unwrapKey(kwp, here.wrapping['aes-derive'], wrapped, template);
      assert.throws(() => token.session.unwrapKey(kwp, there.wrapping['aes-derive'], wrapped, template), isPkcs11Error);
      for (const keyClass of keyClasses.filter((one) => one !== 'aes-derive')) {
        const other = pinnedTemplate(keyClass, here.record.profile);
        assert.throws(() => token.session.unwrapKey(kwp, here.wrapping[keyClass], wrapped, other), isPkcs11Error);
      }
    },
  },
  {
    name: 'a group of regions: its root set joins a token of each under its own operators, and opens in both what neither region opens',
    run: async (module) => {
      const [here, there] = [aToken(module), aToken(module)];
      await aJoin(await aGenesis(here, { k: 2, n: 2 }), here);
      await aJoin(await aGenesis(there, { k: 2, n: 2, region: 'eu-west-1' }), there);
      const group = await aGenesis(here, { k: 2, n: 3, region: 'europe' });
      assert.equal((await aJoin(group, here, { places: [0, 2] })).outcome, 'joined');
      assert.equal((await aJoin(group, there, { places: [2, 1] })).outcome, 'joined');
      const wrapped = aWrappedKey(here, joined(here, 'europe'));
      const messageKeys = [here, there].map((token) => aReadableMessageKey(token, joined(token, 'europe'), wrapped));
      assert.equal(messageKeys[0]?.length, 32);
      assert.deepEqual(messageKeys[0], messageKeys[1]);
      assert.throws(() => aReadableMessageKey(here, joined(here), wrapped), isPkcs11Error);
      assert.throws(() => aReadableMessageKey(there, joined(there, 'eu-west-1'), wrapped), isPkcs11Error);
    },
  },
  {
    name: "a region's operators cannot let a token join the group",
    run: async (module) => {
      const token = aToken(module);
      const region = await aGenesis(token, { k: 2, n: 2 });
      const group = await aGenesis(token, { k: 2, n: 2, region: 'europe' });
      await assert.rejects(aJoin({ ...group, operators: region.operators }, token), refusedFor('not-an-operator'));
      assert.deepEqual(objectsOf(token), []);
    },
  },
];

async function aGenesisThatJoins(token: CeremonyToken): Promise<Genesis> {
  const genesis = await aGenesis(token, { k: 2, n: 2 });
  await aJoin(genesis, token);
  return genesis;
}

/** Attacks on the root keys themselves, as they lie in the token. */
function attackRootKey({ session, module }: CeremonyToken, key: ObjectHandle, rootSet: RootSet): void {
  assert.equal(session.getAttributes(key, ['value']).value, undefined);
  const kwp = plain(module.dialect.kwp);
  const attempts: (() => unknown)[] = [
    ...Object.values(rootSet.wrapping).map((wrapping) => () => session.wrapKey(kwp, wrapping, key)),
    () => session.setAttributes(key, { extractable: true }),
    () => session.setAttributes(key, { label: 'mine' }),
    () => session.setAttributes(key, { decrypt: true }),
    () => session.copyObject(key, { extractable: true, token: false }),
    () => session.copyObject(key, { token: false }),
    () => session.encrypt(plain(CKM.AES_ECB), key, Buffer.alloc(16)),
    () => session.decrypt(plain(CKM.AES_ECB), key, Buffer.alloc(16)),
  ];
  for (const attempt of attempts) assert.throws(attempt, isPkcs11Error, attempt.toString());
}

const holds: readonly CeremonyCase[] = [
  {
    name: 'no root key in the token gives its value, is wrapped, changed, copied or used for anything else',
    run: async (module) => {
      const token = aToken(module);
      await aGenesisThatJoins(token);
      const rootSet = joined(token);
      for (const role of rootRoles) {
        const [key] = token.session.findObjects({ label: rootKeyLabel(rootSet.record, role) });
        assert.ok(key !== undefined);
        attackRootKey(token, key, rootSet);
      }
    },
  },
];

const swapKeys = (rootPackage: RootPackage): RootPackage => ({
  ...rootPackage,
  keys: { ...rootPackage.keys, 'wrap/hmac': rootPackage.keys['wrap/ec'], 'wrap/ec': rootPackage.keys['wrap/hmac'] },
});

/** Packages that somebody has altered; the operators sign the altered file, because nobody compared digests. */
const alterations: readonly [string, (rootPackage: RootPackage) => RootPackage][] = [
  ['a lower threshold', (one) => ({ ...one, threshold: 1 })],
  ['another region', (one) => ({ ...one, region: 'eu-west-1' })],
  ['another root version', (one) => ({ ...one, rootVersion: 2 })],
  ['two wrapped keys swapped', swapKeys],
  ['another digest-signing public key', (one) => ({ ...one, digestSigningPublicKey: Buffer.alloc(91).toString('base64') })],
  ['an operator less', (one) => ({ ...one, operators: one.operators.slice(0, 2) })],
  ['another seal', (one) => ({ ...one, seal: Buffer.alloc(32).toString('base64') })],
  ['another date', (one) => ({ ...one, createdAt: new Date(startMs + 1).toISOString() })],
];

const altered: readonly CeremonyCase[] = alterations.map(([what, alter]) => ({
  name: `a package with ${what} is refused even when the operators sign it, and the token stays empty`,
  run: async (_module, { empty: token, genesis }) => {
    const rootPackage = parsePackage(JSON.stringify(alter(genesis.rootPackage)));
    await assert.rejects(aJoin(genesis, token, { rootPackage, places: [0, 1] }), refusedFor('altered-package'));
    assert.deepEqual(objectsOf(token), []);
  },
}));

/** Joins that somebody has bent. */
const bends: readonly [string, CeremonyReason, Bend | ((token: CeremonyToken) => Bend)][] = [
  ['K−1 operators', 'too-few-operators', { places: [1] }],
  ['no operator', 'too-few-operators', { places: [] }],
  ['the same operator twice', 'too-few-operators', { places: [1, 1] }],
  [
    'an operator of nowhere',
    'not-an-operator',
    { approvals: ([one]) => (one === undefined ? [] : [one, { ...one, operator: 'mallory' }]) },
  ],
  [
    "an approval under another operator's name",
    'bad-signature',
    { approvals: ([one]) => (one === undefined ? [] : [one, { ...one, operator: 'operator-2' }]) },
  ],
  [
    'a stranger who calls himself operator-1',
    'bad-signature',
    {
      approvals: async ([one], request) =>
        one === undefined ? [] : [one, signApproval(await createOperator('operator-1'), request, one.share)],
    },
  ],
  ['a changed signature', 'bad-signature', { approvals: ([one, two]) => (one && two ? [one, { ...two, signature: one.signature }] : []) }],
  [
    'a share put under another signature',
    'bad-signature',
    { approvals: ([one, two]) => (one?.share && two ? [one, { ...two, share: one.share }] : []) },
  ],
  [
    'an approval of another request',
    'bad-signature',
    { pending: (one) => ({ ...one, request: { ...one.request, nonce: 'ab'.repeat(16) } }) },
  ],
  [
    'an expiry put off after approval',
    'bad-signature',
    {
      pending: (one) => ({ ...one, request: { ...one.request, expiresAt: new Date(startMs + 7_200_000).toISOString() } }),
      nowMs: startMs + 3_700_000,
    },
  ],
  ['an expired request', 'expired', { nowMs: startMs + 3_600_000 }],
  ['a request for another token', 'wrong-token', (token) => ({ token: aToken(token.module) })],
  [
    'a request for another package',
    'wrong-package',
    { pending: (one) => ({ ...one, request: { ...one.request, packageDigest: 'ab'.repeat(32) } }) },
  ],
];

const bent: readonly CeremonyCase[] = bends.map(([what, reason, bend]) => ({
  name: `a join with ${what} is refused (${reason}) and leaves the token empty`,
  run: async (_module, { empty: token, genesis }) => {
    const bending = typeof bend === 'function' ? bend(token) : bend;
    await assert.rejects(aJoin(genesis, token, bending), refusedFor(reason));
    assert.deepEqual(objectsOf(token), []);
  },
}));

const refused: readonly CeremonyCase[] = [
  {
    name: 'an operator approves neither an expired request nor one for a package that is not at hand',
    run: async (module) => {
      const token = aToken(module);
      const genesis = await aGenesis(token, { k: 1, n: 1 });
      const other = await aGenesis(token, { k: 1, n: 1 });
      const { request } = await createJoinRequest({ rootPackage: genesis.rootPackage, token, nowMs: startMs });
      const [operator] = genesis.operators;
      assert.ok(operator !== undefined);
      const { rootPackage } = genesis;
      await assert.rejects(approveRequest({ request, operator, rootPackage, nowMs: startMs + 3_600_001 }), refusedFor('expired'));
      await assert.rejects(approveRequest({ request, operator, nowMs: startMs }), refusedFor('wrong-package'));
      await assert.rejects(
        approveRequest({ request, operator, rootPackage: other.rootPackage, nowMs: startMs }),
        refusedFor('wrong-package'),
      );
      await assert.rejects(approvalsOf({ ...genesis, operators: other.operators }, request, [0]), refusedFor('not-an-operator'));
      const long = { ...request, expiresAt: new Date(startMs + 90_000_000).toISOString() };
      await assert.rejects(approveRequest({ request: long, operator, rootPackage, nowMs: startMs }), refusedFor('malformed'));
    },
  },
  {
    name: 'a genesis needs the consent of every operator, each with the keys that are listed',
    run: async (module) => {
      const token = aToken(module);
      const operators = await Promise.all([createOperator('anna'), createOperator('bert')]);
      const cards = await Promise.all(operators.map(cardOf));
      const request = createGenesisRequest({
        region: 'us-east-1',
        threshold: 1,
        operators: cards,
        profile: defaultProfile,
        nowMs: startMs,
      });
      const [anna] = operators;
      const approvals = [await approveRequest({ request, operator: anna, nowMs: startMs })];
      await assert.rejects(createPackage({ request, approvals, token, nowMs: startMs }), refusedFor('too-few-operators'));
      const impostor = await createOperator('anna');
      await assert.rejects(approveRequest({ request, operator: impostor, nowMs: startMs }), refusedFor('not-an-operator'));
    },
  },
  {
    name: 'a token that holds another root set of the same region and version is refused',
    run: async (module) => {
      const token = aToken(module);
      await aGenesisThatJoins(token);
      const before = joined(token).record.packageDigest;
      const other = await aGenesis(token, { k: 2, n: 2 });
      assert.notEqual(packageDigest(other.rootPackage), before);
      await assert.rejects(aJoin(other, token), refusedFor('other-root-set'));
      assert.equal(joined(token).record.packageDigest, before);
    },
  },
  {
    name: 'a root set with a key missing or twice there is not used',
    run: async (module) => {
      const token = aToken(module);
      await aGenesisThatJoins(token);
      const key = joined(token).binding;
      token.session.destroyObject(key);
      assert.throws(() => findRootSet(token.session, token.module.dialect, 'us-east-1'), /lacks the root key .*binding/);
    },
  },
];

/** The suite. */
export const ceremonyCases: readonly CeremonyCase[] = [...works, ...holds, ...altered, ...bent, ...refused];
