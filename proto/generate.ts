/**
 * Turns the contract into code: lint, breaking-change check, ts-proto stubs, a descriptor image with all options,
 * and the RPC names by room. Output goes to libs/contracts/gen, which is not committed: the protos are what is reviewed.
 *
 * `node proto/generate.ts [--if-changed]`; with --if-changed it does nothing when the protos' digest is the one of the last run.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { renderDoors } from './render-doors.ts';
import { renderRpcs } from './render-rpcs.ts';

const root = join(import.meta.dirname, '..');
const gen = join(root, 'libs/contracts/gen');
const stamp = join(gen, '.digest');

/** SHA-256 over all that decides the output. */
function inputDigest(): string {
  const hash = createHash('sha256');
  const files = [...globSync('proto/**/*.{proto,ts}', { cwd: root }), 'buf.yaml', 'buf.gen.yaml', 'package-lock.json'].sort();
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function buf(...args: string[]): void {
  const path = `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  execFileSync(join(root, 'node_modules/.bin/buf'), args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
}

/** The last release is what clients depend on: a change that breaks it stops here. Without a tag there is nothing to break. */
function checkBreaking(): void {
  let tag = '';
  try {
    tag = execFileSync('git', ['describe', '--tags', '--abbrev=0', '--match', 'v*'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return;
  }
  buf('breaking', '--against', `.git#tag=${tag}`);
}

/** The generated codecs read and write by libs/contracts/src/wire.ts, whose `finish` gives a Buffer already. */
function useOwnWire(): void {
  for (const file of globSync('**/*.ts', { cwd: gen })) {
    const path = join(gen, file);
    const own = relative(dirname(path), join(gen, '../src/wire.ts'));
    const text = readFileSync(path, 'utf8')
      .replace('"@bufbuild/protobuf/wire"', JSON.stringify(own))
      .replace(/Buffer\.from\((\w+\.encode\(value\)\.finish\(\))\)/g, '$1');
    writeFileSync(path, text);
  }
}

const digest = inputDigest();
if (process.argv.includes('--if-changed') && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) process.exit(0);

buf('lint');
checkBreaking();
rmSync(gen, { recursive: true, force: true });
mkdirSync(gen, { recursive: true });
buf('generate');
useOwnWire();
buf('build', '-o', 'libs/contracts/gen/descriptors.binpb');
const image = readFileSync(join(gen, 'descriptors.binpb'));
writeFileSync(join(gen, 'rpcs.ts'), renderRpcs(image));
for (const [name, text] of renderDoors(image)) writeFileSync(join(gen, name), text);
writeFileSync(stamp, digest);
console.log('proto: generated libs/contracts/gen');
