import { grpcStatus } from './grpc-status.ts';
import type { GrpcStatus } from './grpc-status.ts';

/** What both wires need to know of an error: one row of the catalogue. */
export interface ErrorRow {
  /** Name on the AWS JSON wire (`__type`, `x-amzn-ErrorType`). */
  readonly awsName: string;
  /** HTTP status on the AWS JSON wire. */
  readonly http: number;
  readonly grpc: GrpcStatus;
  /** Who is to blame: decides `<Type>` of the Query protocol and whether a log line is a warning. */
  readonly fault: 'sender' | 'receiver';
  /** The same request may succeed when sent again unchanged. */
  readonly retryable: boolean;
  /** Spelling on the Query wire (STS, IAM) where it differs from `awsName`. */
  readonly queryCode?: string;
  /** HTTP status on the Query wire where it differs from `http`. */
  readonly queryHttp?: number;
}

/** A row as it is written down: the name is the key of the table unless `awsName` says otherwise. */
export type RowWithoutName = Omit<ErrorRow, 'awsName'> & { readonly awsName?: string };

type Exceptions = Partial<Pick<ErrorRow, 'awsName' | 'http' | 'retryable' | 'queryCode' | 'queryHttp'>>;

/** A row for the caller's mistake: HTTP 400 and not worth a retry, unless said otherwise. */
export function sender(grpc: keyof typeof grpcStatus, exceptions: Exceptions = {}): RowWithoutName {
  return { http: 400, grpc: grpcStatus[grpc], fault: 'sender', retryable: false, ...exceptions };
}

/** A row for Trent's own failure: HTTP 500 and worth a retry, unless said otherwise. */
export function receiver(grpc: keyof typeof grpcStatus, exceptions: Exceptions = {}): RowWithoutName {
  return { http: 500, grpc: grpcStatus[grpc], fault: 'receiver', retryable: true, ...exceptions };
}
