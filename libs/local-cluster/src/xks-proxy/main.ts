/**
 * A proxy of the XKS Proxy API, version 1, over keys of a PKCS#11 token: for tests of the side that calls it. A process of its own, because SoftHSM
 * reads its configuration once a process. Its remote control, on loopback, makes keys, sets faults and tells what was asked.
 */
import { createServer } from 'node:http';
import { Faults, type ProxyFault, type ProxyOperation } from './faults.ts';
import { KeyManager } from './key-manager.ts';
import { listen, type ProxyState } from './proxy-server.ts';
import { readProxySettings, type ExternalKeySettings, type ProxyCredential } from './settings.ts';

/** What the remote control may say. */
export interface ProxyCommand {
  readonly putKey?: ExternalKeySettings;
  readonly removeKey?: string;
  readonly fault?: { readonly operation: ProxyOperation | 'all'; readonly fault?: ProxyFault };
  readonly clearFaults?: true;
  readonly credentials?: readonly ProxyCredential[];
  readonly forget?: true;
}

const settings = readProxySettings(process.argv[2] ?? '');
const state: ProxyState = {
  settings,
  keys: new KeyManager(settings),
  faults: new Faults(),
  seen: [],
  credentials: settings.credentials,
};
for (const listener of settings.listeners) listen(state, listener);

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    try {
      if (request.method === 'POST') obey(JSON.parse(Buffer.concat(chunks).toString('utf8')) as ProxyCommand);
      response.end(JSON.stringify(state.seen));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
}).listen(settings.controlPort, '127.0.0.1');

function obey(command: ProxyCommand): void {
  if (command.putKey !== undefined) state.keys.put(command.putKey);
  if (command.removeKey !== undefined) state.keys.remove(command.removeKey);
  if (command.fault !== undefined) state.faults.set(command.fault.operation, command.fault.fault);
  if (command.clearFaults === true) state.faults.clear();
  if (command.credentials !== undefined) state.credentials = command.credentials;
  if (command.forget === true) state.seen.length = 0;
}
