// Exit code 0 when node_modules holds what package-lock.json says. Runs on the machine's own Node (20 or later), before anything is installed.
import { readFileSync } from 'node:fs';

function packages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return {};
  }
}

const installed = packages('node_modules/.package-lock.json');
const missing = Object.entries(packages('package-lock.json')).filter(([path, { version, link, optional, peer }]) => {
  if (!path.startsWith('node_modules/') || optional || peer) return false;
  return link ? installed[path]?.link !== true : installed[path]?.version !== version;
});
process.exit(missing.length === 0 ? 0 : 1);
