import { installDebianPackages } from './debian-packages.ts';
import { fetchNatsServer } from './fetch-nats-server.ts';

/** Installs what this machine lacks of the cluster's foreign parts; says one line for each thing it does, none when all is there. */
export async function installMissing(say: (line: string) => void): Promise<void> {
  await installDebianPackages(say);
  await fetchNatsServer(say);
}
