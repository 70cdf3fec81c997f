import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** The chart under test. */
export const chart = join(root, 'helm', 'trent');

/** Where `npm run test:k8s` puts what it builds. */
export const toolsFolder = join(root, 'node_modules', '.cache', 'trent', 'k8s-bin');

/** Programs and schemas that the specs use. */
export const tools = {
  helm: join(toolsFolder, 'helm'),
  kubeconform: join(toolsFolder, 'kubeconform'),
  schemas: join(toolsFolder, 'schemas'),
} as const;

/** Whether everything is built; without it the specs say so and leave it at that. */
export function areToolsBuilt(): boolean {
  return Object.values(tools).every((path) => existsSync(path));
}
