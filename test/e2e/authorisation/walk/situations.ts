import type { Situation } from './expected.ts';

const own = { word: 'allows', name: 'own' } as const;
const role = { word: 'allows', name: 'role' } as const;
const deny = { word: 'denies', name: 'own' } as const;
const user = { who: 'user', identity: 'silent', delegates: true } as const;
const session = { who: 'session', identity: 'silent', delegates: true } as const;

/** Every way to a right, and every way to lose it. */
export const situations: Readonly<Record<string, Situation>> = {
  'no right': user,
  'the key policy alone': { ...user, keyPolicy: own, delegates: false },
  'IAM alone, with the statement for the account': { ...user, identity: 'allows' },
  'IAM alone, without the statement for the account': { ...user, identity: 'allows', delegates: false },
  'the key policy and IAM': { ...user, identity: 'allows', keyPolicy: own },
  'a grant': { ...user, grant: true },
  'another account, no right': { ...user, foreign: true },
  'another account, the key policy alone': { ...user, foreign: true, keyPolicy: own },
  'another account, IAM alone': { ...user, foreign: true, identity: 'allows' },
  'another account, both': { ...user, foreign: true, identity: 'allows', keyPolicy: own },
  'another account, a grant': { ...user, foreign: true, grant: true },
  'another account, both, and a deny of the key policy': { ...user, foreign: true, identity: 'allows', keyPolicy: deny },
  'an explicit deny in IAM': { ...user, identity: 'denies', keyPolicy: own },
  'an explicit deny in IAM, and a grant': { ...user, identity: 'denies', grant: true },
  'an explicit deny in the key policy': { ...user, identity: 'allows', keyPolicy: deny },
  'a boundary that allows': { ...user, identity: 'allows', boundary: 'allows' },
  'a boundary that says nothing of KMS': { ...user, identity: 'allows', boundary: 'silent' },
  'a boundary that says nothing, and a key policy that names the user': { ...user, identity: 'allows', boundary: 'silent', keyPolicy: own },
  'a boundary that denies, and a key policy that names the user': { ...user, identity: 'allows', boundary: 'denies', keyPolicy: own },
  'a session of a role with the right': { ...session, identity: 'allows' },
  'a session policy that allows': { ...session, identity: 'allows', session: 'allows' },
  'a session policy that allows more than its role': { ...session, session: 'allows' },
  'a session policy that says nothing of KMS': { ...session, identity: 'allows', session: 'silent' },
  'a session policy that says nothing, and a key policy that names the role': {
    ...session,
    identity: 'allows',
    session: 'silent',
    keyPolicy: role,
  },
  'a session policy that says nothing, and a key policy that names the session': {
    ...session,
    identity: 'allows',
    session: 'silent',
    keyPolicy: own,
  },
  'a session policy that denies, and a key policy that names the session': {
    ...session,
    identity: 'allows',
    session: 'denies',
    keyPolicy: own,
  },
};
