import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { serviceNames, type ServiceName } from '@trent/bootstrap';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..', '..');
const output = join(root, 'dist', 'images');

/** CommonJS packages inside an ES module ask for `require` and `__dirname`. */
const COMMONJS = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __dirname = import.meta.dirname;',
  'const __filename = import.meta.filename;',
].join(' ');

/** Folder and entry of an image that is not made of the service of its name. */
const ENTRIES: Partial<Record<ServiceName, { readonly home: string; readonly main: string }>> = {
  'key-store': { home: 'crypto-worker', main: 'key-store/main.ts' },
};

/** Programs of an image besides its service. */
const COMPANIONS: Partial<Record<ServiceName, Readonly<Record<string, string>>>> = {
  'crypto-worker': { 'join-token': 'libs/ceremony/src/join-token.ts' },
};

/**
 * Writes what goes into a service's image: bundles in app/bin/, and where the bundles look for them the contract's descriptors, the migrations
 * and the native binding. Node strips no types under node_modules, so images hold JavaScript.
 */
async function bundle(service: ServiceName): Promise<string> {
  const folder = join(output, service);
  const { home: folderOfService, main } = ENTRIES[service] ?? { home: service, main: 'main.ts' };
  const home = join(root, 'services', folderOfService);
  rmSync(folder, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: { main: join(home, 'src', main), ...COMPANIONS[service] },
    outdir: join(folder, 'app', 'bin'),
    bundle: true,
    splitting: true, // what is loaded on demand (OpenTelemetry's SDK) stays apart
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'linked',
    banner: { js: COMMONJS },
    external: ['pg-native'],
    logLevel: 'warning',
  });
  const copy = (from: string, to: string): void => cpSync(join(root, from), join(folder, to), { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ name: `trent-${service}`, private: true, type: 'module' })}\n`);
  copy('LICENSE', 'LICENSE');
  copy('libs/contracts/gen/descriptors.binpb', 'app/gen/descriptors.binpb');
  copy('node_modules/grpc-health-check/proto', 'proto'); // it looks two folders up
  if (existsSync(join(home, 'migrations'))) copy(`services/${service}/migrations`, 'app/migrations');
  if (folderOfService === 'crypto-worker') copy('libs/pkcs11/build/pkcs11.node', 'app/bin/pkcs11.node');
  return folder;
}

/** Makes the image with the engine's usual command line (docker, podman, buildah). @throws Error when the engine fails */
function makeImage(engine: string, name: string, folder: string, base: string | undefined): void {
  const args = ['build', '--file', join(import.meta.dirname, 'Dockerfile'), '--tag', name];
  if (base !== undefined) args.push('--build-arg', `BASE=${base}`);
  const { status, error } = spawnSync(engine, [...args, folder], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${engine} could not build ${name}`, { cause: error });
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    repository: { type: 'string', default: 'trent' },
    tag: { type: 'string', default: version },
    base: { type: 'string' },
  },
});
for (const service of serviceNames) {
  const folder = await bundle(service);
  console.log(`${service}: ${folder}`);
  if (values.engine !== undefined) makeImage(values.engine, `${values.repository}-${service}:${values.tag}`, folder, values.base);
}
