import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { execute } from '@trent/contracts';
import type { KeySpec, KeyUsage } from '@trent/key-model';
import { assembleToken, encodeTokenHeader, parseToken } from '@trent/key-token';
import type { PermitKey } from '@trent/permit';
import { CKM, findRootSet, plain, type RootSet } from '@trent/pkcs11';
import { parseCiphertext } from '@trent/ciphertext';
import { BackingKeys } from '../../src/keys/backing-keys.ts';
import { generateMaterial } from '../../src/keys/new-material.ts';
import { openUnder, sealUnder } from '../../src/operations/envelope.ts';
import type { OpenToken } from '../../src/pool/open-token.ts';
import { ACCOUNT, GROUP, OTHER_REGION, REGION, soon, type Place, type WorkerCase } from '../support/case.ts';

/** The worker of the other region of the group: its token is another, its root sets are these. */
function elsewhere({ open }: Place): OpenToken {
  const rootSet = findRootSet(open.session, open.dialect, OTHER_REGION);
  assert.ok(rootSet !== undefined);
  return { ...open, rootSet };
}

interface Made {
  readonly keyId: string;
  readonly materialId: string;
  readonly token: Buffer;
}

async function aKey({ materials }: Place, keyId: string, keySpec: KeySpec, keyUsage: KeyUsage): Promise<Made> {
  const request = { region: REGION, accountId: ACCOUNT, keyId, keySpec, keyUsage, origin: 'AWS_KMS' };
  const { token, materialId } = await generateMaterial(materials, execute.GenerateMaterialRequest.create(request), soon());
  return { keyId, materialId, token };
}

const aMultiRegionKey = (place: Place): Promise<Made> =>
  aKey(place, `mrk-${randomBytes(16).toString('hex')}`, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT');
const aSingleRegionKey = (place: Place): Promise<Made> => aKey(place, randomUUID(), 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT');

function permitIn(region: string, { keyId, materialId }: Made): PermitKey {
  return { keyArn: `arn:aws:kms:${region}:${ACCOUNT}:key/${keyId}`, authorisationVersion: 1n, materialId };
}

const opens = (open: OpenToken, region: string, made: Made) => new BackingKeys(open, Date.now).open(made.token, permitIn(region, made));

const refuses = (deed: () => unknown, cause: string): void => assert.throws(deed, { code: 'KMSInternalException', cause });

/** What somebody with a stolen root set could write: a token under the keys of one root set that claims to be of another. */
function forged({ open }: Place, { token }: Made, rootSet: RootSet, region: string): Buffer {
  const { header, wrapped } = parseToken(token);
  const bytes = encodeTokenHeader({ ...header, region });
  const mac = open.session.sign(plain(CKM.SHA256_HMAC), rootSet.binding, Buffer.concat([bytes, wrapped]));
  return assembleToken(bytes, wrapped, mac);
}

/** P5 at the worker: what is whose, by the root sets alone. */
export const regionGroups: readonly WorkerCase[] = [
  {
    name: 'a multi-Region key and its ciphertexts name the group, a single-Region key its region',
    run: async (place) => {
      for (const [made, region] of [[await aMultiRegionKey(place), GROUP] as const, [await aSingleRegionKey(place), REGION] as const]) {
        assert.equal(parseToken(made.token).header.region, region);
        const ciphertext = sealUnder(place.open.session, opens(place.open, REGION, made), new Map(), Buffer.from('x'));
        assert.equal(parseCiphertext(ciphertext).header.region, region);
      }
    },
  },
  {
    name: 'what one region of a group encrypts under a multi-Region key the other decrypts, each as the key of its own ARN',
    run: async (place) => {
      const made = await aMultiRegionKey(place);
      const [here, there] = [opens(place.open, REGION, made), opens(elsewhere(place), OTHER_REGION, made)];
      assert.equal(there.arn, permitIn(OTHER_REGION, made).keyArn);
      for (const [from, to] of [[here, there] as const, [there, here] as const]) {
        const ciphertext = parseCiphertext(sealUnder(place.open.session, from, new Map(), Buffer.from('x')));
        assert.equal(openUnder(place.open.session, to, new Map(), ciphertext).toString(), 'x');
      }
    },
  },
  {
    name: 'a permit for the relative of another region does not fit here',
    run: async (place) => {
      const made = await aMultiRegionKey(place);
      refuses(
        () => new BackingKeys(place.open, Date.now).open(made.token, permitIn(OTHER_REGION, made)),
        'the token is not of the key that the permit names',
      );
    },
  },
  {
    name: 'a single-Region key opens nothing in the other region of the group',
    run: async (place) => {
      const made = await aSingleRegionKey(place);
      refuses(() => opens(elsewhere(place), OTHER_REGION, made), 'wrong MAC of a key token');
    },
  },
  {
    name: 'a region without a group serves no multi-Region key',
    run: async (place) => {
      const alone = { ...place.open, groupRootSet: undefined };
      const made = await aMultiRegionKey(place);
      assert.throws(() => opens(alone, REGION, made), { code: 'UnsupportedOperationException' });
      const without = { ...place, materials: { ...place.materials, token: alone } };
      await assert.rejects(aMultiRegionKey(without), { code: 'UnsupportedOperationException' });
      assert.ok(await aSingleRegionKey(without));
    },
  },
  {
    name: 'a multi-Region key under a region’s root set, and a single-Region key under the group’s, are no keys',
    run: async (place) => {
      const { rootSet, groupRootSet } = place.open;
      assert.ok(groupRootSet !== undefined);
      const [multi, single] = [await aMultiRegionKey(place), await aSingleRegionKey(place)];
      refuses(() => opens(place.open, REGION, { ...multi, token: forged(place, multi, rootSet, REGION) }), 'wrong MAC of a key token');
      refuses(
        () => opens(place.open, REGION, { ...single, token: forged(place, single, groupRootSet, GROUP) }),
        'wrong MAC of a key token',
      );
      const misnamed = 'a key token of another region or group, or root version';
      refuses(() => opens(place.open, REGION, { ...multi, token: forged(place, multi, groupRootSet, REGION) }), misnamed);
      refuses(() => opens(place.open, REGION, { ...single, token: forged(place, single, rootSet, GROUP) }), misnamed);
    },
  },
  {
    name: 'keys of every class can be multi-Region',
    run: async (place) => {
      for (const [spec, usage] of [
        ['HMAC_256', 'GENERATE_VERIFY_MAC'],
        ['ECC_NIST_P256', 'SIGN_VERIFY'],
        ['RSA_2048', 'ENCRYPT_DECRYPT'],
      ] as const) {
        const made = await aKey(place, `mrk-${randomBytes(16).toString('hex')}`, spec, usage);
        assert.equal(parseToken(made.token).header.region, GROUP);
        const there = new BackingKeys(elsewhere(place), Date.now);
        const permitted = permitIn(OTHER_REGION, made);
        if (spec === 'HMAC_256') assert.ok(there.openSecret(made.token, permitted, 'hmac').handle > 0);
        else
          assert.equal(
            await place.materials.slowLane.run({
              account: '111122223333',
              deadline: soon(),
              run: (session) => there.withPrivateKey(session, made.token, permitted, ({ arn }) => Promise.resolve(arn)),
            }),
            permitted.keyArn,
          );
      }
    },
  },
];
