import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import { cloudtrail, invoke } from '@trent/contracts';
import { ensureCertificates, freePorts, ManagedProcess, type TestBackends } from '@trent/local-cluster';
import { ACCOUNT, REGION } from './records.ts';

type Certificates = Awaited<ReturnType<typeof ensureCertificates>>;
type Caller = Parameters<Certificates['service']>[0];

/** Where the services of a test run: certificates and logs. */
export interface IngestPlace extends Disposable {
  readonly folder: string;
  readonly certificates: Certificates;
}

/** Makes the certificates. */
export async function makePlace(): Promise<IngestPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'trent-ingest-'));
  const certificates = await ensureCertificates(join(folder, 'pki'), Date.now());
  return { folder, certificates, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A real audit-ingest. */
export interface IngestProcess {
  readonly process: ManagedProcess;
  /** cloudtrail:LookupEvents as the gateway (or another service) calls it. */
  lookup(request: Partial<cloudtrail.LookupEventsRequest>, caller?: Caller, operation?: string): Promise<cloudtrail.LookupEventsResponse>;
  /** A figure of /metrics. */
  metric(name: string): Promise<number>;
  logText(): string;
}

/** Prepares one; `process.start()` starts it. */
export async function anIngest(
  name: string,
  place: IngestPlace,
  backends: Pick<TestBackends, 'postgres' | 'nats'>,
): Promise<IngestProcess> {
  const [admin = 0, grpc = 0] = await freePorts(2);
  const { certificate, key } = place.certificates.service('audit-ingest');
  const nats = backends.nats.as('audit-ingest');
  const postgres = backends.postgres.as('audit');
  const logFile = join(place.folder, `${name}.log`);
  const process = new ManagedProcess({
    name,
    program: globalThis.process.execPath,
    args: ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/main.ts')],
    env: {
      TRENT_SERVICE_INSTANCE: name,
      TRENT_ZONE: 'a',
      TRENT_REGIONS: REGION,
      TRENT_TLS_CERT: certificate,
      TRENT_TLS_KEY: key,
      TRENT_TLS_CA: place.certificates.internalCa,
      TRENT_ADMIN_LISTEN: `127.0.0.1:${admin}`,
      TRENT_GRPC_LISTEN: `127.0.0.1:${grpc}`,
      TRENT_NATS_SERVERS: backends.nats.servers.join(','),
      TRENT_NATS_USER: nats.user,
      TRENT_NATS_PASSWORD_FILE: nats.passwordFile,
      TRENT_NATS_REPLICAS: '1',
      TRENT_POSTGRES_URL: postgres.url,
      TRENT_POSTGRES_PASSWORD_FILE: postgres.passwordFile,
    },
    logFile,
    ready: async () => {
      const answer = await fetch(`http://127.0.0.1:${admin}/readyz`).catch(() => undefined);
      return answer?.ok === true || 'not ready';
    },
  });
  return {
    process,
    lookup: (request, caller = 'gateway', operation = 'cloudtrail.LookupEvents') => lookup(place, grpc, request, caller, operation),
    metric: async (metric) => {
      const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
      return Number(new RegExp(`^${metric} (.*)$`, 'm').exec(text)?.[1] ?? NaN);
    },
    logText: () => readFileSync(logFile, 'utf8'),
  };
}

async function lookup(
  { certificates }: IngestPlace,
  port: number,
  request: Partial<cloudtrail.LookupEventsRequest>,
  caller: Caller,
  operation: string,
): Promise<cloudtrail.LookupEventsResponse> {
  const { certificate, key } = certificates.service(caller);
  const [ca, privateKey, chain] = [certificates.internalCa, key, certificate].map((file) => readFileSync(file));
  const client = new invoke.InvokeServiceClient(`localhost:${port}`, credentials.createSsl(ca, privateKey, chain));
  const input = cloudtrail.LookupEventsRequest.encode({ ...cloudtrail.LookupEventsRequest.create(), ...request }).finish();
  const message = invoke.InvokeRequest.create({ operation, input: Buffer.from(input), caller: { accountId: ACCOUNT }, region: REGION });
  try {
    const answer = await new Promise<invoke.InvokeResponse>((resolve, reject) => {
      client.invoke(message, new Metadata(), { deadline: Date.now() + 5000 }, (error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
    return cloudtrail.LookupEventsResponse.decode(answer.output);
  } finally {
    client.close();
  }
}
