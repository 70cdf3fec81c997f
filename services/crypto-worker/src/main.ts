import {
  bind,
  clientCredentials,
  connectNats,
  defineEvents,
  groupOf,
  loadConfig,
  runService,
  startGrpcServer,
  toErrorDetail,
  traceItems,
  unary,
  type Endpoint,
  type ServiceName,
  type ServiceRuntime,
} from '@trent/bootstrap';
import { execute, feed, metadata } from '@trent/contracts';
import { followFeed, type Follower } from '@trent/feed';
import { openUnaryLink, type UnaryLink } from '@trent/grpc-link';
import { isPkcs11Error } from '@trent/pkcs11';
import { batchStream, FairTurns, serveBatchStream, type ItemContext } from '@trent/stream-batcher';
import { cryptoWorkerConfig, type CryptoWorkerConfig } from './config.ts';
import { executeItem, type ExecuteDeps } from './execute/execute.ts';
import { Replays } from './execute/replays.ts';
import { BackingKeys } from './keys/backing-keys.ts';
import { checkMaterial, generateMaterial, type MaterialDeps } from './keys/new-material.ts';
import { probeSpecs } from './keys/probe-specs.ts';
import { PublicKeys } from './keys/public-keys.ts';
import { softwareImports, type ImportDeps } from './imports/import-deps.ts';
import { importMaterial } from './imports/import-material.ts';
import { makeImportParameters } from './imports/import-parameters.ts';
import { Fence } from './pool/fence.ts';
import { openLanes } from './pool/open-lanes.ts';
import { openToken } from './pool/open-token.ts';
import { startWatchdog } from './pool/watchdog.ts';
import { StoreKeys } from './stores/store-keys.ts';
import { StoreLink } from './stores/store-link.ts';
import { PermitKeyRing } from './system/permit-key-ring.ts';
import { seal, unseal } from './system/seal.ts';

const workerEvents = defineEvents({ protection: 'pool.protection_level', tokenFailed: 'pool.token_failed' });

const config = loadConfig(cryptoWorkerConfig, process.env, process.argv);
await runService('crypto-worker', config, (rt) => start(rt, config));

async function start(rt: ServiceRuntime, config: CryptoWorkerConfig): Promise<void> {
  const token = openToken({
    modulePath: config.pkcs11Module,
    moduleParameters: config.pkcs11Parameters,
    label: config.pkcs11TokenLabel,
    pinFile: config.pkcs11PinFile,
    region: config.region,
    group: groupOf(config, config.region)?.name,
  });
  const watchdog = startWatchdog();
  rt.onDrain('watchdog', () => watchdog[Symbol.dispose]());
  rt.log.info(workerEvents.protection, { protection_level: token.attack.level });
  rt.debugState('token', () => ({
    label: token.label,
    protectionLevel: token.attack.level,
    attempts: token.attack.attempts,
    rootVersion: token.rootSet.record.rootVersion,
    rootSets: [token.rootSet, token.groupRootSet].flatMap((one) => (one === undefined ? [] : [one.record.region])),
  }));
  const unserved = probeSpecs(token);
  rt.remark('protection level', token.attack.level);
  for (const [spec, reason] of unserved) rt.remark(`key spec ${spec}`, `not served: ${reason}`);
  const { slowLane, generationLane } = openLanes(rt, token);
  const linkTo = (service: ServiceName, endpoints: readonly Endpoint[]): UnaryLink =>
    openUnaryLink({ name: service, endpoints, zone: config.zone, credentials: clientCredentials(rt.tls, service), runtime: rt });
  const storeLink = new StoreLink(config.keyStoreEndpoints.length === 0 ? undefined : linkTo('key-store', config.keyStoreEndpoints));
  const materialDeps: MaterialDeps = { token, slowLane, generationLane, unserved, storeLink };
  const nats = await connectNats(config, rt);
  const fence = new Fence(() => performance.now());
  const imports: ImportDeps = {
    open: token,
    slowLane,
    generationLane,
    unserved,
    allowSoftware: config.allowSoftwareImport,
    now: Date.now,
  };
  if (config.allowSoftwareImport) rt.remark('software import', softwareImports(token.dialect));
  const feeds: Follower[] = [];
  const backingKeys = new BackingKeys(token, Date.now);
  const keyMetadata = linkTo('key-metadata', config.keyMetadataEndpoints);
  const deps: ExecuteDeps = {
    region: config.region,
    token,
    backingKeys,
    storeKeys: new StoreKeys({ token, backingKeys, link: storeLink }),
    loadKeyStore: (request, deadline) =>
      keyMetadata.call(metadata.KeyStoreServiceService.loadKeyStore, request, { deadline, repeat: 'safe' }),
    publicKeys: new PublicKeys(token),
    slowLane,
    generationLane,
    permitKeys: new PermitKeyRing(token, Date.now),
    fence,
    replays: new Replays(),
    isLive: () => feeds.length === 2 && feeds.every((one) => one.isLive()),
    now: Date.now,
    monotonicMs: () => performance.now(),
  };
  rt.debugState('keys', () => ({ backingKeys: deps.backingKeys.size, fence: fence.size }));
  rt.readiness('feeds', () => deps.isLive() || 'no lease');
  const blame = (error: unknown): never => {
    if (isPkcs11Error(error)) checkToken(rt, deps, error);
    throw error;
  };
  const onPkcs11 = <R>(deed: () => R): R => {
    try {
      const result = deed();
      return isPromise(result) ? (result.catch(blame) as R) : result;
    } catch (error) {
      return blame(error);
    }
  };
  const executeOne = traceItems(rt, execute.ExecuteServiceService.execute.path, (item: execute.ExecuteItem, { deadline }: ItemContext) =>
    onPkcs11(() => executeItem(deps, item, deadline)),
  );
  const turns = new FairTurns();
  const fair = { turns, accountOf: ({ accountId }: execute.ExecuteItem) => accountId };
  rt.debugState('turns', () => ({ waiting: turns.waiting }));
  await startGrpcServer(rt, {
    listen: [config.grpcListen],
    bindings: [
      bind(execute.ExecuteServiceService, {
        execute: batchStream((call) =>
          serveBatchStream(call, executeOne, {
            signal: rt.signal,
            isReady: rt.isReady,
            fair,
            onError: (item, error) => ({ id: item.id, output: Buffer.alloc(0), error: toErrorDetail(error) }),
          }),
        ),
      }),
      bind(execute.PermitKeyServiceService, { getPermitKey: unary((request) => deps.permitKeys.give(request)) }),
      bind(execute.MaterialServiceService, {
        generateMaterial: unary((request, call) => onPkcs11(() => generateMaterial(materialDeps, request, call.deadline))),
        checkMaterial: unary((request) => checkMaterial(materialDeps, request)),
        makeImportParameters: unary((request, call) => onPkcs11(() => makeImportParameters(imports, request, call.deadline))),
        importMaterial: unary((request, call) => onPkcs11(() => importMaterial(imports, request, call.deadline))),
      }),
      bind(execute.SealServiceService, {
        seal: unary((request) => onPkcs11(() => seal(token, request, Date.now))),
        unseal: unary((request) => onPkcs11(() => unseal(token, request, Date.now))),
      }),
    ],
  });
  // The fence's feeds come after the server: policy and key-metadata need this worker to become ready themselves.
  const follow = (name: string, writers: UnaryLink): Follower => {
    const follower = followFeed({
      name,
      follower: rt.instance,
      nats,
      log: rt.log,
      writers: () => writers.endpoints(),
      renew: (request, endpoint, deadline) =>
        writers.call(feed.FeedServiceService.renew, request, { deadline, repeat: 'safe', ...(endpoint === undefined ? {} : { endpoint }) }),
      apply: (changes) => changes.forEach((change) => fence.raise(change)),
      // Fences only rise: what was learnt before the gap still holds.
      onReset: () => undefined,
    });
    rt.debugState(`feed ${name}`, () => follower.state());
    rt.onDrain(`feed ${name}`, () => follower.close());
    return follower;
  };
  feeds.push(follow(`keys.${config.region}`, keyMetadata), follow('principals', linkTo('policy', config.policyEndpoints)));
}

/** Before the token is blamed a known-good operation is tried: if that fails too, this worker has no HSM and ends, to come back with a new login. */
function checkToken(rt: ServiceRuntime, deps: ExecuteDeps, error: unknown): void {
  rt.log.error(workerEvents.tokenFailed, {}, error);
  try {
    deps.token.session.randomFill(Buffer.alloc(8));
  } catch (second) {
    rt.fatal('the token does not answer', second);
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function';
}
