import { CKK, CKM, CKO, defaultProfile, ecbEncryptData, pinnedTemplate, plain } from '@trent/pkcs11';
import type { Module, ObjectHandle, RootSet } from '@trent/pkcs11';
import type { CeremonyToken } from '../src/index.ts';
import { approveRequest, cardOf, createGenesisRequest, createOperator, createPackage } from '../src/index.ts';
import { completeJoin, createJoinRequest, openToken } from '../src/index.ts';
import type { Approval, CeremonyRequest, JoinResult, OperatorIdentity, PendingJoin, RootPackage } from '../src/index.ts';

export const pin = Buffer.from('a user pin');
export const startMs = Date.UTC(2026, 10, 1);
let tokens = 0;

/** A fresh token of the module. */
export function aToken(module: Module): CeremonyToken {
  const label = `ceremony ${String((tokens += 1))}`;
  module.createToken(label, Buffer.from('the officer'), pin);
  return openToken(module, label, pin);
}

/** A root package of the operators with its identities. */
export interface Genesis {
  readonly operators: readonly OperatorIdentity[];
  readonly rootPackage: RootPackage;
}

/** A genesis of K of N on that token. */
export async function aGenesis(token: CeremonyToken, options: { k: number; n: number; region?: string }): Promise<Genesis> {
  const operators = await Promise.all(Array.from({ length: options.n }, (_, index) => createOperator(`operator-${String(index)}`)));
  const request = createGenesisRequest({
    region: options.region ?? 'us-east-1',
    threshold: options.k,
    operators: await Promise.all(operators.map(cardOf)),
    profile: defaultProfile,
    nowMs: startMs,
  });
  const approvals = await Promise.all(operators.map((operator) => approveRequest({ request, operator, nowMs: startMs })));
  return { operators, rootPackage: await createPackage({ request, approvals, token, nowMs: startMs }) };
}

/** Approvals of the operators at those places. */
export async function approvalsOf(genesis: Genesis, request: CeremonyRequest, places: readonly number[]): Promise<Approval[]> {
  const { operators, rootPackage } = genesis;
  return Promise.all(
    places.map((place) => {
      const operator = operators[place];
      if (operator === undefined) throw new Error('no such operator');
      return approveRequest({ request, operator, rootPackage, nowMs: startMs });
    }),
  );
}

/** What a test may bend in a join. */
export interface Bend {
  readonly places?: readonly number[];
  readonly rootPackage?: RootPackage;
  readonly pending?: (pending: PendingJoin) => PendingJoin;
  readonly approvals?: (approvals: Approval[], request: CeremonyRequest) => Approval[] | Promise<Approval[]>;
  readonly token?: CeremonyToken;
  readonly nowMs?: number;
}

/** A join of the token, bent where the test says so. */
export async function aJoin(genesis: Genesis, token: CeremonyToken, bend: Bend = {}): Promise<JoinResult> {
  const rootPackage = bend.rootPackage ?? genesis.rootPackage;
  const pending = await createJoinRequest({ rootPackage, token, nowMs: startMs });
  const given = await approvalsOf({ ...genesis, rootPackage }, pending.request, bend.places ?? [0, 1]);
  const approvals = await (bend.approvals?.(given, pending.request) ?? given);
  return completeJoin({
    rootPackage,
    pending: bend.pending?.(pending) ?? pending,
    approvals,
    token: bend.token ?? token,
    nowMs: bend.nowMs ?? startMs,
  });
}

/** A backing key for derivation, wrapped by the root set's key. */
export function aWrappedKey({ session, module }: CeremonyToken, rootSet: RootSet): Buffer {
  const key = session.generateKey(plain(CKM.AES_KEY_GEN), {
    ...{ class: CKO.SECRET_KEY, keyType: CKK.AES, valueLength: 32, token: false },
    ...{ sensitive: true, extractable: true, derive: true },
  });
  const wrapped = session.wrapKey(plain(module.dialect.kwp), rootSet.wrapping['aes-derive'], key);
  session.destroyObject(key);
  return wrapped;
}

/** Unwraps a backing key and derives from it, readable as no worker's message key is. */
export function aReadableMessageKey({ session, module }: CeremonyToken, rootSet: RootSet, wrapped: Uint8Array): Uint8Array | undefined {
  const template = pinnedTemplate('aes-derive', rootSet.record.profile);
  const backing = session.unwrapKey(plain(module.dialect.kwp), rootSet.wrapping['aes-derive'], wrapped, template);
  const derived = session.deriveKey(ecbEncryptData(Buffer.alloc(32, 8)), backing, {
    ...{ class: CKO.SECRET_KEY, keyType: CKK.AES, valueLength: 32, token: false, sensitive: false, extractable: true },
  });
  const { value } = session.getAttributes(derived, ['value']);
  for (const object of [derived, backing]) session.destroyObject(object);
  return value;
}

/** Every object of the token that the session sees. */
export function objectsOf({ session }: CeremonyToken): ObjectHandle[] {
  return session.findObjects({});
}
