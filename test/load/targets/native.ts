import { readFileSync } from 'node:fs';
import { Client, credentials, Metadata, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import { fromServiceError } from '@trent/bootstrap';
import { kms } from '@trent/contracts';
import { ItemStream } from './item-stream.ts';
import { AnsweredError, type Target } from './target.ts';

/** Where, and who (PEM files). */
export interface NativeAccess {
  readonly target: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const DEADLINE_MS = 10_000;

/** Mutual TLS; the server is verified by its name or address. */
export function mutualTls({ ca, certificate, key }: Omit<NativeAccess, 'target'>): ChannelCredentials {
  return credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(certificate));
}

const pass = (bytes: Buffer): Buffer => bytes;

/** The native API, one unary call a request. Bytes are encoded beforehand, answers are not decoded: the generator must cost little. */
export function openUnary(access: NativeAccess): Target {
  const client = new Client(access.target, mutualTls(access));
  const metadata = new Metadata();
  return {
    send: ({ operation, protobuf }) =>
      new Promise((resolve, reject) => {
        const options = { deadline: Date.now() + DEADLINE_MS };
        client.makeUnaryRequest(
          `/trent.kms.v1.KmsService/${operation}`,
          pass,
          pass,
          protobuf,
          metadata,
          options,
          (error: ServiceError | null, answer?: Buffer) => {
            if (error === null) resolve(answer);
            else reject(fromServiceError(error));
          },
        );
      }),
    close: () => client.close(),
  };
}

/** The native API's batch stream: one stream, each request an item. */
export function openBatch(access: NativeAccess): Target {
  const client = new Client(access.target, mutualTls(access));
  const stream = new ItemStream<kms.BatchItem, kms.BatchResult>(client, kms.KmsServiceService.batch);
  return {
    send: async ({ input }) => {
      const { outcome } = await stream.ask({ id: 0, timeoutMs: 0, input });
      if (outcome === undefined) throw new AnsweredError('no outcome', '');
      if (outcome.$case === 'error') throw new AnsweredError(outcome.value.code, outcome.value.message);
      return outcome.value;
    },
    close: () => {
      stream.close();
      client.close();
    },
  };
}
