/**
 * Makes the pages that are read off the code: `npm run docs`. test/workspace/docs.spec.ts checks that they are current.
 * configuration.md from the services' config.ts, operations.md from the contract.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeConfig } from '@trent/bootstrap';
import { operations, options, publicServices, type Operation } from '@trent/contracts';
import { format, resolveConfig } from 'prettier';
import { auditIngestConfig } from '../services/audit-ingest/src/config.ts';
import { cryptoWorkerConfig } from '../services/crypto-worker/src/config.ts';
import { keyStoreConfig } from '../services/crypto-worker/src/key-store/config.ts';
import { gatewayConfig } from '../services/gateway/src/config.ts';
import { keyMetadataConfig } from '../services/key-metadata/src/config.ts';
import { policyConfig } from '../services/policy/src/config.ts';

const SERVICES = {
  gateway: gatewayConfig,
  policy: policyConfig,
  'key-metadata': keyMetadataConfig,
  'crypto-worker': cryptoWorkerConfig,
  'audit-ingest': auditIngestConfig,
  'key-store': keyStoreConfig,
};

interface Row {
  readonly description: string;
  readonly value: string;
  readonly services: string[];
}

/** docs/configuration.md */
function configurationPage(): string {
  const rows = new Map<string, Row>();
  for (const [service, shape] of Object.entries(SERVICES)) {
    for (const { variable, description, defaultValue, optional } of describeConfig(shape)) {
      const value = defaultValue === undefined ? (optional ? '_unset_' : '**required**') : `\`${defaultValue}\``;
      const known = rows.get(variable);
      if (known === undefined) rows.set(variable, { description, value, services: [service] });
      else known.services.push(service);
    }
  }
  const everyService = Object.keys(SERVICES).length;
  const lines = [...rows].map(
    ([variable, { description, value, services }]) =>
      `| \`${variable}\` | ${services.length === everyService ? 'all' : services.join(', ')} | ${value} | ${cell(description)} |`,
  );
  return [
    '# Configuration',
    '',
    'Made by `npm run docs` from `services/*/src/config.ts`.',
    '',
    'A service reads its environment once, when it starts, and its flag `--print-config` shows the result and where each value came from. A value that',
    'does not fit, or an unknown variable that begins with `TRENT_`, ends the start with the name of the variable. Secrets come as files.',
    '',
    '| variable | services | default | meaning |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

/** docs/operations.md */
function operationsPage(): string {
  const sections = publicServices.flatMap(({ typeName }) => {
    const own = [...operations.values()].filter(({ request }) => request.typeName.startsWith(typeName.replace(/\.[^.]+$/, '.')));
    if (own.length === 0) return [];
    const [{ wire }] = own as [Operation];
    return [
      `## ${wire.eventSource.split('.')[0] ?? ''} (${String(own.length)})`,
      '',
      '| operation | done by | permission on | lane | a second | other accounts | by grant | errors of its own |',
      '| --- | --- | --- | --- | --: | --- | --- | --- |',
      ...own.map(operationRow),
      '',
    ];
  });
  return [
    '# Operations',
    '',
    "Made by `npm run docs` from the contract (`proto/`). Quotas are AWS's defaults an account and Region, times `TRENT_QUOTA_SCALE`. Every operation can",
    'also answer ValidationException, AccessDeniedException, ThrottlingException and the errors of a signature.',
    '',
    ...sections,
  ].join('\n');
}

function operationRow({ rpc, option }: Operation): string {
  const cells = [
    `\`${rpc}\``,
    ROOMS[option.room] ?? '',
    RESOURCES[option.resource] ?? '',
    option.lane === options.Lane.LANE_SLOW ? 'slow' : 'fast',
    String(option.quotaPerSecond),
    option.crossAccount ? 'yes' : '',
    option.grantable ? 'yes' : '',
    option.errors.map((error) => error.replace(/Exception$/, '')).join(' '),
  ];
  return `| ${cells.join(' | ')} |`;
}

const ROOMS: Partial<Record<options.Room, string>> = {
  [options.Room.ROOM_CRYPTO_WORKER]: 'crypto-worker',
  [options.Room.ROOM_KEY_METADATA]: 'key-metadata',
  [options.Room.ROOM_POLICY]: 'policy',
  [options.Room.ROOM_AUDIT_INGEST]: 'audit-ingest',
};
const RESOURCES: Partial<Record<options.Resource, string>> = {
  [options.Resource.RESOURCE_CALLER]: 'none',
  [options.Resource.RESOURCE_ANY]: '`*`',
  [options.Resource.RESOURCE_KEY]: 'the key',
  [options.Resource.RESOURCE_ALIAS_AND_KEY]: 'alias and key',
};

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** The generated pages: path from the root → text. */
export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
  const style = await resolveConfig(join(import.meta.dirname, 'configuration.md'));
  const formatted = (text: string): Promise<string> => format(text, { ...style, parser: 'markdown' });
  return new Map([
    ['docs/configuration.md', await formatted(configurationPage())],
    ['docs/operations.md', await formatted(operationsPage())],
  ]);
}

if (import.meta.main) {
  for (const [path, text] of await generatedPages()) writeFileSync(join(import.meta.dirname, '..', path), text);
}
