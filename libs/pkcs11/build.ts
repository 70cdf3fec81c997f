import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const nativeFolder = join(import.meta.dirname, 'native');
const buildFolder = join(import.meta.dirname, 'build');
const compilerFlags = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-fPIC', '-shared', '-Wl,-z,relro,-z,now'];

/**
 * Builds the Node-API addon with the system's C compiler when its sources have changed since the last build.
 * Needs `cc` and p11-kit's headers (Debian: gcc, libc6-dev, libp11-kit-dev). The finished file appears by a
 * rename, so that processes which build at the same time do no harm.
 * @returns the path of the addon
 */
export function buildAddon(): string {
  const sources = readdirSync(nativeFolder).sort();
  const stamp = createHash('sha256');
  for (const name of sources) stamp.update(name).update(readFileSync(join(nativeFolder, name)));
  const fingerprint = stamp.update(compilerFlags.join(' ')).digest('hex');
  const addon = join(buildFolder, 'pkcs11.node');
  const stampFile = join(buildFolder, 'sources.sha256');
  if (existsSync(addon) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint) return addon;
  mkdirSync(buildFolder, { recursive: true });
  const unfinished = join(buildFolder, `pkcs11.${String(process.pid)}.node`);
  try {
    compile(sources, unfinished);
    renameSync(unfinished, addon);
    writeFileSync(`${stampFile}.${String(process.pid)}`, fingerprint);
    renameSync(`${stampFile}.${String(process.pid)}`, stampFile);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return addon;
}

function compile(sources: readonly string[], output: string): void {
  const headers = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'));
  const files = sources.filter((name) => name.endsWith('.c')).map((name) => join(nativeFolder, name));
  const includes = ['-I', join(headers, 'include'), '-I', '/usr/include/p11-kit-1'];
  execFileSync(process.env['CC'] ?? 'cc', [...compilerFlags, ...includes, ...files, '-o', output, '-ldl'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

if (import.meta.main) buildAddon();
