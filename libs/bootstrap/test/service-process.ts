import { commonConfig, grpcConfig, loadConfig, runService, startGrpcServer } from '../src/index.ts';

/** The smallest service there is: a process for the tests of `runService`. TRENT_TEST says what else it does. */
const config = loadConfig({ ...commonConfig, ...grpcConfig }, process.env, process.argv);

await runService('policy', config, async (runtime) => {
  await startGrpcServer(runtime, { listen: [config.grpcListen], bindings: [] });
  runtime.debugState('views', () => ({ held: 3, head: 12n, byKind: new Map([['key', 2]]) }));
  const [behaviour] = config.trace;
  if (behaviour === 'fails') throw new Error('the database is gone');
  if (behaviour === 'hangs') runtime.onDrain('hangs', () => new Promise(() => undefined));
  if (behaviour === 'spans') runtime.tracer.startSpan('Encrypt', { attributes: { sampled: runtime.tracing } }).end();
  if (behaviour === 'dies') setTimeout(() => void Promise.reject(new Error('nobody handles this')), 50);
});
