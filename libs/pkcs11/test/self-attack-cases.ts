import assert from 'node:assert/strict';
import { CKK, CKO, defaultProfile, selfAttack } from '../src/index.ts';
import type { Template } from '../src/index.ts';
import { attacks } from '../src/self-attack/attacks.ts';
import type { Maker } from '../src/self-attack/throw-away.ts';
import type { ConformanceCase } from './conformance/case.ts';

const lax: Template = { token: false, sensitive: true, extractable: true };

/** Makes keys the way PKCS#11 does by default: nothing pinned, everything allowed. */
const careless: Maker = {
  rootKey: (role) => {
    if (role === 'digest-signing') return { ...lax, class: CKO.PRIVATE_KEY, keyType: CKK.EC, sign: true };
    if (role === 'binding') return { ...lax, class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, sign: true };
    return { ...lax, class: CKO.SECRET_KEY, keyType: CKK.AES, wrap: true, unwrap: true, encrypt: true, decrypt: true, derive: true };
  },
  backingKey: (keyClass) => {
    if (keyClass === 'ec') return { ...lax, class: CKO.PRIVATE_KEY, keyType: CKK.EC, sign: true };
    const isMac = keyClass === 'hmac';
    const usage = isMac ? { sign: true } : { derive: true, encrypt: true };
    return { ...lax, class: CKO.SECRET_KEY, keyType: isMac ? CKK.GENERIC_SECRET : CKK.AES, ...usage };
  },
};

/** Attacks that no key in SoftHSM suffers: the module refuses them whatever the template says. */
const alwaysRefused = [
  /: read the value$/,
  /: set not sensitive$/,
  /: set extractable$/,
  /: set modifiable$/,
  /: copy as not sensitive$/,
  /, CBC$/,
  /by raw CBC$/,
  /: set any mechanism$/,
  /: set another unwrap template$/,
  /twice, true first$/,
];

/** What the start-up self-attack must find, on any module. */
export const selfAttackCases: readonly ConformanceCase[] = [
  {
    name: 'with the templates of the root set every attack on root and backing keys is refused: L2',
    needs: 'pinned-unwrap',
    run: ({ module, session }) => {
      const report = selfAttack(session, module.dialect);
      const lost = report.attempts.filter(({ outcome, threatens }) => outcome === 'succeeded' && threatens !== 'message key');
      assert.deepEqual(lost, []);
      assert.equal(report.level, 'L2');
      assert.equal(report.attempts.length, attacks.length);
    },
  },
  {
    name: 'with careless templates the same attacks succeed: L1',
    run: ({ module, session }) => {
      const report = selfAttack(session, module.dialect, { maker: careless });
      assert.equal(report.level, 'L1');
      const refused = report.attempts.filter(({ outcome }) => outcome === 'refused').map(({ attack }) => attack);
      const unexpected = refused.filter((attack) => !alwaysRefused.some((pattern) => pattern.test(attack)));
      if (module.dialect.name === 'softhsm') assert.deepEqual(unexpected, []);
    },
  },
  {
    name: 'the self-attack leaves no object behind',
    run: ({ module, session }) => {
      const before = session.findObjects({}).length;
      selfAttack(session, module.dialect);
      assert.equal(session.findObjects({}).length, before);
    },
  },
  {
    name: 'keys that the module refuses to make leave it at L1, with the reason',
    run: ({ module, session }) => {
      const report = selfAttack(session, { ...module.dialect, kwp: 0x7ffffff0 }, { profile: defaultProfile });
      assert.equal(report.level, 'L1');
      assert.match(report.attempts[0]?.answer ?? '', /CKR_MECHANISM_INVALID/);
    },
  },
];
