import { Client, credentials, Metadata, type ClientOptions } from '@grpc/grpc-js';
import { cloudtrail, kms, sts } from '@trent/contracts';
import { batchCalls, type BatchCalls } from './batch-calls.ts';
import { BatchStream } from './batch-stream.ts';
import { unaryCalls, type UnaryCalls } from './unary-calls.ts';

/** Where the service is and who calls it. */
export interface ConnectOptions {
  /** `host:port` of the native gRPC API (TRENT_GRPC_TARGET). */
  readonly target: string;
  /** PEM of the authority that signed the service's certificate. */
  readonly ca: string | Buffer;
  /** PEM of the client certificate and its key: they say which principal calls. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** A session token (STS): the caller is its session, whatever the certificate is mapped to. */
  readonly sessionToken?: string;
  /** Region to ask; without it the first of the deployment answers. */
  readonly region?: string;
}

/** Every public operation as a method; `batch` has those that a batch stream may hold. */
export type TrentClient = UnaryCalls<typeof kms.KmsServiceService> &
  UnaryCalls<typeof sts.StsServiceService> &
  UnaryCalls<typeof cloudtrail.CloudTrailServiceService> & {
    /** The same operations on a pipelined stream: calls of one turn of the event loop leave together, each is answered for itself. */
    readonly batch: BatchCalls;
    /** Ends all connections; calls without an answer fail. */
    close(): void;
    [Symbol.dispose](): void;
  };

const REGION_KEY = 'x-trent-region';

/** A dead way is noticed within the time that callers wait anyway; retries are this client's own. */
const channelOptions: ClientOptions = {
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
};

/**
 * Connects to Trent's native API with a client certificate. The connection is made with the first call and again whenever it was lost; calls
 * that failed for a reason that may pass are repeated within their time, changes under one invocation id, so that they are made once.
 * Every method rejects with a TrentError whose `code` is AWS's name of the error.
 */
export function connect({ target, ca, cert, key, region, sessionToken }: ConnectOptions): TrentClient {
  const client = new Client(target, credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(cert)), channelOptions);
  const metadata = new Metadata();
  if (region !== undefined) metadata.set(REGION_KEY, region);
  if (sessionToken !== undefined) metadata.set('authorization', `Bearer ${sessionToken}`);
  const stream = new BatchStream(client, metadata);
  const close = (): void => {
    stream.close();
    client.close();
  };
  return {
    ...unaryCalls(client, kms.KmsServiceService, metadata),
    ...unaryCalls(client, sts.StsServiceService, metadata),
    ...unaryCalls(client, cloudtrail.CloudTrailServiceService, metadata),
    batch: batchCalls(stream),
    close,
    [Symbol.dispose]: close,
  };
}
