import { describe, expect, test } from '@jest/globals';
import { softhsm } from '../dialects/softhsm.ts';
import { defaultProfile } from './profile.ts';
import { keyClasses, pinnedTemplate, rootKeyLabel, rootKeyTemplate, rootRoles } from './templates.ts';

const name = { region: 'eu-west-1', rootVersion: 3 };
const options = { dialect: softhsm, profile: defaultProfile, token: true };

describe('root keys', () => {
  test.each(rootRoles)('%s is sensitive, not extractable, not copyable, not modifiable and bound to its mechanisms', (role) => {
    const template = rootKeyTemplate(role, name, options);
    expect(template).toMatchObject({ token: true, private: true, sensitive: true, extractable: false, copyable: false, modifiable: false });
    expect(template.allowedMechanisms).toHaveLength(1);
    expect(template.label).toBe(rootKeyLabel(name, role));
  });

  test.each(rootRoles)('%s has one purpose', (role) => {
    const { encrypt, decrypt, sign, verify, wrap, unwrap, derive } = rootKeyTemplate(role, name, options);
    const purposes = Object.entries({ encrypt, decrypt, sign, verify, wrap, unwrap, derive }).filter(([, value]) => value === true);
    expect(purposes.map(([purpose]) => purpose)).toEqual(
      role.startsWith('wrap/') ? ['wrap', 'unwrap'] : role === 'digest-signing' ? ['sign'] : ['sign', 'verify'],
    );
  });
});

describe('backing keys', () => {
  test.each(keyClasses)('%s: the unwrap template pins class, type, sensitive, not extractable and session object', (keyClass) => {
    const pinned = rootKeyTemplate(`wrap/${keyClass}`, name, options).unwrapTemplate;
    expect(pinned).toEqual(pinnedTemplate(keyClass, defaultProfile));
    expect(pinned).toMatchObject({ token: false, sensitive: true, extractable: false, copyable: false, modifiable: false });
    expect(pinned?.class).toBeDefined();
    expect(pinned?.keyType === undefined).toBe(keyClass === 'post-quantum');
  });

  test('no class but import may unwrap, and none may both derive and encrypt', () => {
    for (const keyClass of keyClasses.filter((one) => one !== 'import')) {
      const pinned = pinnedTemplate(keyClass, defaultProfile);
      expect(pinned.unwrap).toBe(false);
      expect(pinned.derive === true && pinned.encrypt !== false).toBe(false);
    }
  });
});
