import { commonErrors } from './common-errors.ts';
import type { ErrorRow, RowWithoutName } from './error-row.ts';
import { kmsErrors } from './kms-errors.ts';
import { cloudTrailErrors, iamErrors, stsErrors } from './neighbour-errors.ts';

const rows = { ...commonErrors, ...kmsErrors, ...iamErrors, ...stsErrors, ...cloudTrailErrors };

/** Every error Trent can answer. What is not in the catalogue cannot be thrown. */
export type ErrorCode = keyof typeof rows;

/** What each error means on the AWS JSON, Query and gRPC wires. */
export const catalogue: Readonly<Record<ErrorCode, ErrorRow>> = withNames(rows);

/** True if `text` names an error of the catalogue: to be asked of every code that arrives over a wire. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(catalogue, text);
}

/** Code and HTTP status of an error on the Query wire (STS, IAM). */
export function queryForm(code: ErrorCode): { readonly code: string; readonly http: number; readonly type: 'Sender' | 'Receiver' } {
  const row = catalogue[code];
  return { code: row.queryCode ?? row.awsName, http: row.queryHttp ?? row.http, type: row.fault === 'sender' ? 'Sender' : 'Receiver' };
}

function withNames<Code extends string>(unnamed: Readonly<Record<Code, RowWithoutName>>): Readonly<Record<Code, ErrorRow>> {
  const entries = Object.entries<RowWithoutName>(unnamed).map(([code, row]) => [code, Object.freeze({ awsName: code, ...row })] as const);
  return Object.freeze(Object.fromEntries(entries)) as Readonly<Record<Code, ErrorRow>>;
}
