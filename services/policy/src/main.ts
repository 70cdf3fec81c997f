import { join } from 'node:path';
import {
  bind,
  clientCredentials,
  connectNats,
  endpointsOf,
  loadConfig,
  runService,
  startGrpcServer,
  toErrorDetail,
  unary,
  type ServiceRuntime,
} from '@trent/bootstrap';
import { accounts, authorize, execute, feed as feedWire, invoke, metadata } from '@trent/contracts';
import { fail } from '@trent/errors';
import { followFeed, type Follower } from '@trent/feed';
import { openUnaryLink, type UnaryLink } from '@trent/grpc-link';
import { jetstream } from '@nats-io/jetstream';
import { changeTablesSql, openWriter } from '@trent/outbox';
import { migrate, openDatabase } from '@trent/postgres';
import { SecretBytes } from '@trent/secret-bytes';
import { batchStream, serveBatchStream } from '@trent/stream-batcher';
import { accountAdmin, PRINCIPALS_FEED } from './accounts/account-admin.ts';
import { Credentials } from './accounts/credentials.ts';
import { authorizeItem } from './authorize/authorize.ts';
import { KeyViews } from './authorize/key-views.ts';
import { PermitKeys } from './authorize/permit-keys.ts';
import { policyConfig, type PolicyConfig } from './config.ts';
import { invokeOperation } from './operations.ts';
import { findAccessKey, findCertificate } from './store/accounts.ts';

/** A call to a crypto worker or key-metadata for what is not in view. */
const CALL_MS = 3_000;
const SCHEMA = 'policy';

const config = loadConfig(policyConfig, process.env, process.argv);
await runService('policy', config, (rt) => start(rt, config));

async function start(rt: ServiceRuntime, config: PolicyConfig): Promise<void> {
  const nats = await connectNats(config, rt);
  const connection = { url: config.postgresUrl, passwordFile: config.postgresPasswordFile, schema: SCHEMA };
  await migrate({
    ...connection,
    dir: join(import.meta.dirname, '../migrations'),
    include: [{ name: '0002_change', sql: changeTablesSql }],
  });
  const db = openDatabase({ ...connection, pool: config.postgresPool, applicationName: rt.instance });
  rt.onDrain('postgres', () => db.close());
  const writer = await openWriter({
    db,
    schema: SCHEMA,
    feeds: [PRINCIPALS_FEED],
    nats,
    jetstream: jetstream(nats),
    auditSubject: (region, attempt) => `trent.audit.${region}.${String(attempt % config.auditStreams)}`,
    log: rt.log,
  });
  rt.onDrain('writer', () => writer.close());

  const link = (name: string, endpoints: typeof config.policyEndpoints, service: Parameters<typeof clientCredentials>[1]) =>
    openUnaryLink({ name, endpoints, zone: config.zone, credentials: clientCredentials(rt.tls, service), runtime: rt });
  const keyMetadata = link('key-metadata', config.keyMetadataEndpoints, 'key-metadata');
  const replicas = link('policy', config.policyEndpoints, 'policy');
  const workers = new Map(
    config.regions.map((region) => [
      region,
      link(`crypto-worker/${region}`, endpointsOf(config.cryptoWorkerEndpoints, region), 'crypto-worker'),
    ]),
  );
  const workerOf = (region: string): UnaryLink => workers.get(region) ?? fail('KMSInternalException');

  const homeRegion = config.regions[0] ?? fail('KMSInternalException');
  const credentials = new Credentials({
    findAccessKey: (id, deadline) => findAccessKey(db, id, deadline),
    findCertificate: (id, deadline) => findCertificate(db, id, deadline),
    unseal: async (sealed, label, deadline) => {
      const { plaintext } = await workerOf(homeRegion).call(
        execute.SealServiceService.unseal,
        { sealed, label },
        { deadline, repeat: 'safe' },
      );
      return SecretBytes.take(plaintext);
    },
  });
  const views = new KeyViews(async (queries, deadline) => {
    const { answers } = await keyMetadata.call(metadata.KeyViewServiceService.loadKeyViews, { queries }, { deadline, repeat: 'safe' });
    const found: (metadata.KeyView | undefined)[] = queries.map(() => undefined);
    for (const { query, view } of answers) found[query] = view;
    return found;
  });
  const permitKeys = new PermitKeys(
    config.regions,
    async (region, hour) => {
      const deadline = performance.now() + CALL_MS;
      const { key } = await workerOf(region).call(
        execute.PermitKeyServiceService.getPermitKey,
        { region, hour },
        { deadline, repeat: 'safe' },
      );
      return key;
    },
    Date.now,
  );
  rt.onDrain('permit keys', () => permitKeys.close());

  const follow = (name: string, writers: UnaryLink, apply: Parameters<typeof followFeed>[0]['apply'], onReset: () => void): Follower => {
    const follower = followFeed({
      name,
      follower: rt.instance,
      nats,
      log: rt.log,
      writers: () => writers.endpoints(),
      renew: (request, endpoint, deadline) =>
        writers.call(feedWire.FeedServiceService.renew, request, { deadline, repeat: 'safe', ...(endpoint && { endpoint }) }),
      apply,
      onReset,
    });
    rt.readiness(`feed ${name}`, () => follower.isLive() || 'no lease');
    rt.debugState(`feed ${name}`, () => follower.state());
    rt.onDrain(`feed ${name}`, () => follower.close());
    return follower;
  };
  const keyFeeds = new Map(
    config.regions.map((region) => [
      region,
      follow(
        `keys.${region}`,
        keyMetadata,
        (changes) => changes.forEach((change) => views.forget(region, change)),
        () => views.forgetRegion(region),
      ),
    ]),
  );

  const admin = accountAdmin({
    writer,
    seal: async (plaintext, label, deadline) => {
      const { sealed } = await workerOf(homeRegion).call(
        execute.SealServiceService.seal,
        { plaintext, label },
        { deadline, repeat: 'safe' },
      );
      plaintext.fill(0);
      return sealed;
    },
  });
  // Its own feed is served by the replicas of policy themselves, so the server opens before the feed is followed.
  let principals: Follower | undefined;
  const deps = {
    credentials,
    views,
    permitKeys,
    isLive: (region: string) => principals?.isLive() === true && keyFeeds.get(region)?.isLive() === true,
    now: Date.now,
  };
  rt.readiness('permit keys', () => permitKeys.isReady());
  rt.readiness('feed principals', () => principals?.isLive() === true || 'no lease');
  rt.debugState('views', () => views.state());
  rt.debugState('credentials', () => credentials.state());
  await startGrpcServer(rt, {
    listen: [config.grpcListen],
    bindings: [
      bind(authorize.AuthorizeServiceService, {
        authorize: batchStream((call) =>
          serveBatchStream(call, (item: authorize.AuthorizeItem, { deadline }) => authorizeItem(deps, item, deadline), {
            signal: rt.signal,
            onError: (item, error) => authorize.AuthorizeResult.create({ id: item.id, error: toErrorDetail(error) }),
          }),
        ),
      }),
      bind(invoke.InvokeServiceService, { invoke: unary((request) => invokeOperation(request)) }),
      bind(feedWire.FeedServiceService, { renew: unary((request) => writer.renew(request)) }),
      bind(accounts.AccountAdminServiceService, {
        createAccount: unary((request, call) => admin.createAccount(request, call.deadline)),
        createRootAccessKey: unary((request, call) => admin.createRootAccessKey(request, call.deadline)),
        setAccessKeyStatus: unary((request, call) => admin.setAccessKeyStatus(request, call.deadline)),
        mapCertificate: unary((request, call) => admin.mapCertificate(request, call.deadline)),
      }),
    ],
  });
  principals = follow(
    PRINCIPALS_FEED,
    replicas,
    (changes) => changes.forEach((change) => credentials.forget(change)),
    () => credentials.forgetAll(),
  );
}
