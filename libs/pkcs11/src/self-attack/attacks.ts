import { CKK, CKM, CKO } from '../constants.ts';
import type { Capability } from '../dialects/dialect.ts';
import type { ObjectHandle } from '../handles.ts';
import { ecbEncryptData, plain, withBytes } from '../mechanism.ts';
import type { Mechanism } from '../mechanism.ts';
import { keyClasses, pinnedTemplate } from '../root-set/templates.ts';
import type { KeyClass } from '../root-set/templates.ts';
import type { AttributeName, Template } from '../template.ts';
import { compileEntries } from '../template.ts';
import type { Entry } from '../template.ts';
import type { Prey } from './throw-away.ts';

/** What a compromised worker could try. */
export interface Attack {
  readonly name: string;
  /** The secret that is lost when the attack succeeds. */
  readonly threatens: 'root key' | 'backing key' | 'message key';
  /** Without this the module cannot make the prey, so there is nothing to lose. */
  readonly needs?: Capability;
  /**
   * Succeeds by returning (a handle that it made, if any); is refused by a Pkcs11Error, or by answering `refused`
   * where the token withholds a value without an error.
   */
  run(prey: Prey): ObjectHandle | 'refused' | undefined;
}

type KeyOf = (prey: Prey) => ObjectHandle;

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the prey of this attack was not made');
  return value;
}

function needing(needs: Capability, list: readonly Attack[]): Attack[] {
  return list.map((attack) => ({ ...attack, needs }));
}

const block = Buffer.alloc(32, 1);
const readable: Template = {
  class: CKO.SECRET_KEY,
  keyType: CKK.GENERIC_SECRET,
  token: false,
  sensitive: false,
  extractable: true,
};
const keyWrap = plain(CKM.AES_KEY_WRAP);
const cbcPad = withBytes(CKM.AES_CBC_PAD, Buffer.alloc(16));
const cbc = withBytes(CKM.AES_CBC, Buffer.alloc(16));
const ecb = plain(CKM.AES_ECB);

/** Reading, wrapping away, changing and copying: the same for every kind of key. */
function againstKey(what: string, threatens: Attack['threatens'], keyOf: KeyOf): Attack[] {
  const attack = (name: string, run: Attack['run']): Attack => ({ name: `${what}: ${name}`, threatens, run });
  const change = (name: string, template: Template): Attack =>
    attack(`set ${name}`, (prey) => {
      prey.session.setAttributes(keyOf(prey), template);
      return undefined;
    });
  const copy = (name: string, template: Template): Attack =>
    attack(`copy as ${name}`, (prey) => prey.session.copyObject(keyOf(prey), { token: false, ...template }));
  return [
    attack('read the value', (prey) => read(prey, keyOf(prey))),
    ...[undefined, keyWrap, cbcPad].map((mechanism, index) =>
      attack(`wrap by a key of the attacker, ${['KWP', 'KW', 'CBC'][index] ?? ''}`, (prey) =>
        wrapAway(prey, prey.attackersKey, keyOf(prey), mechanism),
      ),
    ),
    attack('wrap by a root key', (prey) => wrapAway(prey, prey.wrapping['aes-derive'], keyOf(prey))),
    change('extractable', { extractable: true }),
    change('not sensitive', { sensitive: false }),
    change('modifiable', { modifiable: true }),
    change('another purpose', { decrypt: true, derive: true }),
    change('any mechanism', { allowedMechanisms: [CKM.AES_ECB] }),
    copy('extractable', { extractable: true }),
    copy('not sensitive', { sensitive: false }),
    copy('modifiable', { modifiable: true }),
    copy('another purpose', { decrypt: true }),
  ];
}

function read(prey: Prey, key: ObjectHandle): 'refused' | undefined {
  return prey.session.getAttributes(key, ['value']).value === undefined ? 'refused' : undefined;
}

function wrapAway(prey: Prey, by: ObjectHandle, key: ObjectHandle, mechanism?: Mechanism): undefined {
  prey.session.wrapKey(mechanism ?? plain(prey.dialect.kwp), by, key);
}

/** Using a wrapping key for what it is not for: then it opens every backing key's blob as plain data. */
function againstPurpose(): Attack[] {
  const attack = (name: string, run: Attack['run']): Attack => ({
    name: `wrapping key: ${name}`,
    threatens: 'backing key',
    run,
  });
  const wrapping: KeyOf = (prey) => prey.wrapping['aes-derive'];
  return [
    attack('encrypt, raw ECB', (prey) => {
      prey.session.encrypt(ecb, wrapping(prey), block);
      return undefined;
    }),
    attack('decrypt, raw ECB', (prey) => {
      prey.session.decrypt(ecb, wrapping(prey), block);
      return undefined;
    }),
    attack('derive a readable key', (prey) =>
      prey.session.deriveKey(ecbEncryptData(block), wrapping(prey), { ...readable, valueLength: 32 }),
    ),
    attack('set another unwrap template', (prey) => {
      prey.session.setAttributes(wrapping(prey), { unwrapTemplate: { class: CKO.SECRET_KEY } });
      return undefined;
    }),
  ];
}

/** Unwrapping a stolen blob as something that gives its bytes away. */
function againstWrapped(keyClass: KeyClass, kind: 'wrappedSecret' | 'wrappedPrivate'): Attack[] {
  const blobOf = (prey: Prey): Buffer => (kind === 'wrappedPrivate' ? present(prey.wrappedPrivate) : prey.wrappedSecret[keyClass]);
  const attack = (name: string, templateOf: (pinned: Template) => Template | readonly Entry[], mechanism?: Mechanism): Attack => ({
    name: `blob of class ${keyClass}${kind === 'wrappedPrivate' ? ' (private key)' : ''}: unwrap ${name}`,
    threatens: 'backing key',
    run: (prey) => {
      const template = templateOf(pinnedTemplate(keyClass, prey.profile));
      const blob = mechanism === undefined ? blobOf(prey) : blobOf(prey).subarray(0, block.length);
      const compiled = isEntries(template) ? compileEntries(template) : template;
      return prey.session.unwrapKey(mechanism ?? plain(prey.dialect.kwp), prey.wrapping[keyClass], blob, compiled);
    },
  });
  const confusions = [
    attack('as a readable secret', () => readable),
    attack('as a readable secret, by raw CBC', () => readable, cbc),
    attack('as an AES key that encrypts', () => ({
      ...{ class: CKO.SECRET_KEY, keyType: CKK.AES, token: false },
      ...{ sensitive: true, extractable: false, encrypt: true, decrypt: true },
    })),
  ];
  const isOwnKind = kind === 'wrappedPrivate' || keyClass === 'aes-derive' || keyClass === 'system';
  return isOwnKind ? [...confusions, ...againstPins(keyClass, attack)] : confusions;
}

type UnwrapAttack = (name: string, templateOf: (pinned: Template) => Template | readonly Entry[]) => Attack;

function againstPins(keyClass: KeyClass, attack: UnwrapAttack): Attack[] {
  const entries = (template: Template): Entry[] => Object.entries(template) as [AttributeName, unknown][];
  const more: Template = keyClass === 'ec' ? { decrypt: true } : { encrypt: true, decrypt: true };
  return [
    attack('as extractable', (pinned) => ({ ...pinned, extractable: true })),
    attack('with extractable left out', (pinned) => without(pinned, 'extractable')),
    attack('with extractable twice, true first', (pinned) => [['extractable', true], ...entries(pinned)]),
    attack('with extractable twice, true last', (pinned) => [
      ...entries(without(pinned, 'modifiable')),
      ['extractable', true],
      ['modifiable', false],
    ]),
    attack('as not sensitive', (pinned) => ({ ...pinned, sensitive: false })),
    attack('as modifiable', (pinned) => ({ ...pinned, modifiable: true })),
    attack('as copyable', (pinned) => ({ ...pinned, copyable: true })),
    attack('as a token object', (pinned) => ({ ...pinned, token: true })),
    attack('with another purpose', (pinned) => ({ ...pinned, ...more })),
    ...(keyClass === 'ec'
      ? []
      : [attack('for another derivation', (pinned) => ({ ...pinned, allowedMechanisms: [CKM.AES_CBC_ENCRYPT_DATA] }))]),
  ];
}

function without(template: Template, name: AttributeName): Template {
  return Object.fromEntries(Object.entries(template).filter(([key]) => key !== name));
}

function isEntries(template: Template | readonly Entry[]): template is readonly Entry[] {
  return Array.isArray(template);
}

/** Using an unwrapped backing key beyond its purpose. */
function againstUse(): Attack[] {
  const backing: KeyOf = (prey) => prey.backing['aes-derive'];
  return [
    {
      name: 'backing key aes-derive: encrypt, raw ECB',
      threatens: 'backing key',
      run: (prey) => {
        prey.session.encrypt(ecb, backing(prey), block);
        return undefined;
      },
    },
    {
      name: 'binding key: another mechanism',
      threatens: 'root key',
      run: (prey) => {
        prey.session.sign(plain(CKM.SHA224_HMAC), prey.binding, block);
        return undefined;
      },
    },
    {
      name: 'backing key aes-derive: derive a readable message key',
      threatens: 'message key',
      run: (prey) => prey.session.deriveKey(ecbEncryptData(block), backing(prey), { ...readable, valueLength: 32 }),
    },
  ];
}

/** Every attack that is tried at start, in order. */
export const attacks: readonly Attack[] = [
  ...againstKey('wrapping key', 'root key', (prey) => prey.wrapping['aes-derive']),
  ...againstPurpose(),
  ...againstKey('binding key', 'root key', (prey) => prey.binding),
  ...needing(
    'kwp-ec',
    againstKey('digest-signing key', 'root key', (prey) => present(prey.digestSigning)),
  ),
  ...keyClasses.flatMap((keyClass) => againstWrapped(keyClass, 'wrappedSecret')),
  ...needing('kwp-ec', againstWrapped('ec', 'wrappedPrivate')),
  ...againstKey('backing key aes-derive', 'backing key', (prey) => prey.backing['aes-derive']),
  ...againstKey('backing key hmac', 'backing key', (prey) => prey.backing.hmac),
  ...needing(
    'kwp-ec',
    againstKey('backing key ec', 'backing key', (prey) => present(prey.backing.ec)),
  ),
  ...againstUse(),
];
