import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { auditSubject } from '@trent/audit-record';
import {
  bind,
  connectNats,
  loadConfig,
  runService,
  startGrpcServer,
  toErrorDetail,
  traceItems,
  unary,
  type ServiceRuntime,
} from '@trent/bootstrap';
import { accounts, authorize, feed, invoke } from '@trent/contracts';
import type { Change, Follower } from '@trent/feed';
import { changeTablesSql, openWriter, type ChangeWriter } from '@trent/outbox';
import { migrate, openDatabase, type Database } from '@trent/postgres';
import { batchStream, serveBatchStream, type ItemContext } from '@trent/stream-batcher';
import { accountAdmin, PRINCIPALS_FEED } from './accounts/account-admin.ts';
import { Credentials } from './accounts/credentials.ts';
import { DocumentCompiler } from './accounts/holders.ts';
import { saveUses } from './accounts/save-uses.ts';
import { operatorDoor, type OperatorWays } from './accounts/operator-door.ts';
import { authorizeItem, type AuthorizeDeps } from './authorize/authorize.ts';
import { KeyViews } from './authorize/key-views.ts';
import { PermitKeys } from './authorize/permit-keys.ts';
import { policyConfig, type PolicyConfig } from './config.ts';
import { follow } from './follow.ts';
import { loadFreezeKey } from './freeze/freeze-key.ts';
import { freezeEvents, Freezes } from './freeze/freezes.ts';
import { GrantTokens } from './grants/grant-tokens.ts';
import { KeyGrants } from './grants/key-grants.ts';
import type { IamDeps } from './iam/call.ts';
import { openLinks, type Links } from './links.ts';
import { invokeOperation, type OperationDeps } from './operations.ts';
import { findAccessKey, findCertificate } from './store/accounts.ts';
import { findFreezeKey, insertFreezeKey } from './store/freeze-key.ts';
import { findHolder, findPrincipalIds } from './store/holders.ts';
import { identityLookup } from './store/lookups.ts';
import { accountHasService } from './store/services.ts';
import { deleteSessionKeys, findSessionKeys, insertSessionKey } from './store/session-keys.ts';
import { findAccountOfKey, findManagedPolicies, findMfaDevice, findOidcProvider, takeMfaStep } from './store/sts.ts';
import { fetchJson } from './sts/fetch-json.ts';
import type { MfaDeps } from './sts/mfa.ts';
import { SessionKeys } from './sts/session-keys.ts';
import type { StsDeps } from './sts/sts-deps.ts';
import { WebIdentities } from './sts/web-identity.ts';
import { Sessions } from './sts/sessions.ts';

const SCHEMA = 'policy';

const config = loadConfig(policyConfig, process.env, process.argv);
await runService('policy', config, (rt) => start(rt, config));

async function start(rt: ServiceRuntime, config: PolicyConfig): Promise<void> {
  const nats = await connectNats(config, rt);
  const { db, writer } = await openStore(rt, config, nats);
  const links = openLinks(rt, config);
  const credentials = new Credentials({
    findAccessKey: (id, deadline) => findAccessKey(db, id, deadline),
    findCertificate: (id, deadline) => findCertificate(db, id, deadline),
    findHolder: (arn, deadline) => findHolder(db, arn, deadline),
    unseal: links.unseal,
  });
  saveUses(rt, db, credentials);
  const sessionKeys = openSessionKeys(rt, db, links);
  const compiler = new DocumentCompiler();
  const loadHolder = (arn: string, deadline: number) => credentials.loadHolder(arn, deadline);
  const sessions = new Sessions({ keys: sessionKeys, loadHolder, compiler, now: Date.now });
  const mfa = mfaDeps(db, links);
  const webIdentities = new WebIdentities({
    findProvider: (accountId, url, deadline) => findOidcProvider(db, accountId, url, deadline),
    fetchJson,
    now: Date.now,
  });
  const sts: StsDeps = {
    keys: sessionKeys,
    compiler,
    loadHolder,
    mfa,
    findManagedPolicies: (arns, accountId, deadline) => findManagedPolicies(db, arns, accountId, deadline),
    findAccount: (accessKeyId, deadline) => findAccountOfKey(db, accessKeyId, deadline),
    now: Date.now,
  };
  const views = new KeyViews(links.loadViews);
  const grants = new KeyGrants(links.loadGrants);
  const grantTokens = new GrantTokens(links.fetchGrantTokenKey);
  const permitKeys = new PermitKeys(config.regions, links.fetchPermitKey, Date.now);
  rt.onDrain('permit keys', () => permitKeys.close());
  rt.readiness('permit keys', () => permitKeys.isReady());
  rt.debugState('views', () => views.state());
  rt.debugState('grants', () => grants.state());
  rt.debugState('credentials', () => credentials.state());
  rt.debugState('sessions', () => sessions.state());

  const feeds = new Map<string, Follower>();
  for (const region of config.regions) {
    const apply = { apply: views.forget.bind(views, region), dropAll: () => views.forgetRegion(region) };
    feeds.set(region, follow(rt, nats, `keys.${region}`, links.keyMetadata, apply));
  }
  const isFollowed = (name: string): boolean => feeds.get(name)?.isLive() === true;
  const isLive = (region: string): boolean => isFollowed(PRINCIPALS_FEED) && isFollowed(region);
  rt.readiness('feeds', () => config.regions.every(isLive) || 'no lease');
  const iam: IamDeps = { db, writer, seal: links.seal, unseal: links.unseal, now: Date.now };
  const freezes = openFreezes(rt, config, nats, db, links);
  const ways: OperatorWays = { admin: accountAdmin(iam), freezes, explain: { loadHolder, views, grants, now: Date.now } };
  await serve(rt, config, { iam, sts }, ways, {
    credentials,
    freezes,
    sessions,
    sessionKeys,
    webIdentities,
    mfa,
    views,
    identities: identityLookup(db),
    grants,
    grantTokens,
    findPrincipals: (names, deadline) => findPrincipalIds(db, names, deadline),
    managedKeys: {
      hasService: (accountId, service, deadline) => accountHasService(db, accountId, service, deadline),
      make: links.makeManagedKey,
    },
    unusedSince: links.unusedSince,
    permitKeys,
    isLive,
    now: Date.now,
  });
  // Its own feed is served by the replicas of policy themselves, so it is followed once the server is open.
  const caches = [credentials, sessions];
  const apply = {
    apply: (change: Change) => caches.forEach((cache) => cache.forget(change)),
    dropAll: () => caches.forEach((cache) => cache.forgetAll()),
  };
  feeds.set(PRINCIPALS_FEED, follow(rt, nats, PRINCIPALS_FEED, links.replicas, apply));
}

function openFreezes(rt: ServiceRuntime, config: PolicyConfig, nats: NatsConnection, db: Database, { seal, unseal }: Links): Freezes {
  const freezes = new Freezes({
    nats,
    replicas: config.natsReplicas,
    auditStreams: config.auditStreams,
    homeRegion: config.regions[0] ?? '',
    loadKey: () =>
      loadFreezeKey({
        find: (deadline) => findFreezeKey(db, deadline),
        insert: (sealedKey, deadline) => insertFreezeKey(db, sealedKey, deadline),
        seal,
        unseal,
      }),
    onUnproven: (target) => rt.log.warn(freezeEvents.unproven, { detail: target }),
    onError: (error) => rt.log.warn(freezeEvents.unread, {}, error),
  });
  rt.onDrain('freezes', () => freezes.close());
  rt.readiness('freezes', () => freezes.isReady());
  rt.debugState('freezes', () => ({ frozen: freezes.state.list() }));
  return freezes;
}

function mfaDeps(db: Database, { unseal }: Links): MfaDeps {
  return {
    findDevice: (serialNumber, userArn, deadline) => findMfaDevice(db, serialNumber, userArn, deadline),
    takeStep: (serialNumber, step, deadline) => takeMfaStep(db, serialNumber, step, deadline),
    unseal,
    now: Date.now,
  };
}

function openSessionKeys(rt: ServiceRuntime, db: Database, { seal, unseal }: Links): SessionKeys {
  const keys = new SessionKeys({
    find: (deadline) => findSessionKeys(db, deadline),
    insert: (generation, sealedRoot, deadline) => insertSessionKey(db, generation, sealedRoot, deadline),
    remove: (upToGeneration, deadline) => deleteSessionKeys(db, upToGeneration, deadline),
    seal,
    unseal,
    now: Date.now,
  });
  rt.onDrain('session keys', () => keys.close());
  rt.readiness('session keys', () => keys.isReady());
  return keys;
}

async function openStore(
  rt: ServiceRuntime,
  config: PolicyConfig,
  nats: NatsConnection,
): Promise<{ readonly db: Database; readonly writer: ChangeWriter }> {
  const connection = { url: config.postgresUrl, passwordFile: config.postgresPasswordFile, schema: SCHEMA };
  const dir = join(import.meta.dirname, '../migrations');
  await migrate({ ...connection, dir, include: [{ name: '0002_change', sql: changeTablesSql }] });
  const db = openDatabase({ ...connection, pool: config.postgresPool, applicationName: rt.instance });
  rt.onDrain('postgres', () => db.close());
  const writer = await openWriter({
    db,
    schema: SCHEMA,
    feeds: [PRINCIPALS_FEED],
    nats,
    jetstream: jetstream(nats),
    auditSubject: (region, attempt) => auditSubject(region, attempt % config.auditStreams),
    log: rt.log,
    metrics: rt.metrics,
  });
  rt.onDrain('writer', () => writer.close());
  return { db, writer };
}

async function serve(
  rt: ServiceRuntime,
  config: PolicyConfig,
  rooms: OperationDeps,
  ways: OperatorWays,
  deps: AuthorizeDeps,
): Promise<void> {
  const { writer } = rooms.iam;
  const { path } = authorize.AuthorizeServiceService.authorize;
  const authorizeOne = traceItems(rt, path, (item: authorize.AuthorizeItem, { deadline }: ItemContext) =>
    authorizeItem(deps, item, deadline),
  );
  await startGrpcServer(rt, {
    listen: [config.grpcListen],
    bindings: [
      bind(authorize.AuthorizeServiceService, {
        authorize: batchStream((call) =>
          serveBatchStream(call, authorizeOne, {
            signal: rt.signal,
            isReady: rt.isReady,
            onError: (item, error) => authorize.AuthorizeResult.create({ id: item.id, error: toErrorDetail(error) }),
          }),
        ),
      }),
      bind(invoke.InvokeServiceService, { invoke: unary((request, call) => invokeOperation(rooms, request, call.deadline)) }),
      bind(feed.FeedServiceService, { renew: unary((request) => writer.renew(request)) }),
      bind(accounts.AccountAdminServiceService, operatorDoor(ways)),
    ],
  });
}
