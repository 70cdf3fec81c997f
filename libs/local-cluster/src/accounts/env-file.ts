import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** What a client of one account needs to know. */
export interface AccountEnvironment {
  readonly endpointUrl: string;
  readonly region: string;
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly grpcTarget: string;
  /** PEM files. */
  readonly edgeCa: string;
  readonly certificate: string;
  readonly key: string;
}

/** The variables by name, in the order in which they are written. */
export function accountVariables(account: AccountEnvironment): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: account.endpointUrl,
    AWS_REGION: account.region,
    AWS_DEFAULT_REGION: account.region,
    AWS_ACCESS_KEY_ID: account.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
    AWS_CA_BUNDLE: account.edgeCa,
    NODE_EXTRA_CA_CERTS: account.edgeCa,
    TRENT_ACCOUNT_ID: account.accountId,
    TRENT_GRPC_TARGET: account.grpcTarget,
    TRENT_CA: account.edgeCa,
    TRENT_CERT: account.certificate,
    TRENT_KEY: account.key,
  };
}

/** Writes a shell file (mode 0600, it holds a secret) that exports the variables: `. FILE`. */
export function writeEnvFile(file: string, variables: Readonly<Record<string, string>>): void {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`);
  writeFileSync(`${file}.new`, lines.join(''), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Reads such a file back. */
export function readEnvFile(file: string): Record<string, string> | undefined {
  if (!existsSync(file)) return undefined;
  const variables: Record<string, string> = {};
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const match = /^export (\w+)='(.*)'$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) variables[match[1]] = match[2].replaceAll("'\\''", "'");
  }
  return variables;
}
