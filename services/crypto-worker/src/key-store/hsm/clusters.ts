import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { readPin } from '../../pool/read-pin.ts';

/** A PKCS#11 token that the operator lets custom key stores be made of. AWS would call it a CloudHSM cluster, so its id has that form. */
export interface Cluster {
  readonly clusterId: string;
  /** Shared library of the PKCS#11 module. */
  readonly module: string;
  /** Settings that the module wants at C_Initialize (NSS). */
  readonly moduleParameters: string | undefined;
  readonly tokenLabel: string;
  /** File with the user PIN; KeyStorePassword must be equal to it. Undefined: KeyStorePassword is the PIN. */
  readonly pinFile: string | undefined;
  /** What TrustAnchorCertificate is compared with. */
  readonly trustAnchor: X509Certificate;
  /** Accounts that may make a store of it; undefined: every account. */
  readonly accounts: readonly string[] | undefined;
}

/** AWS KMS model, CloudHsmClusterIdType. */
const CLUSTER_ID = /^cluster-[2-7a-zA-Z]{11,16}$/;
const path = z.string().min(1);
const fileShape = z.strictObject({
  clusters: z.array(
    z.strictObject({
      clusterId: z.string().regex(CLUSTER_ID),
      module: path,
      moduleParameters: z.string().optional(),
      tokenLabel: z.string().min(1).max(32),
      pinFile: path.optional(),
      trustAnchorFile: path,
      accounts: z.array(z.string().regex(/^\d{12}$/)).optional(),
    }),
  ),
});

/**
 * Reads the operator's list.
 * @throws Error with one line: no such file, no JSON, an entry that is not as it must be, an id or a token twice, a file that is not there
 */
export function readClusters(file: string): readonly Cluster[] {
  const clusters = parseClusters(readFileSync(file, 'utf8'), (name) => readFileSync(name));
  for (const { clusterId, pinFile } of clusters) {
    if (pinFile === undefined) continue;
    const pin = readPin(pinFile);
    if (pin.length === 0) throw new Error(`the PIN file of ${clusterId} is empty`);
    pin.fill(0);
  }
  return clusters;
}

/** The same of a text. @param read reads the trust anchors */
export function parseClusters(text: string, read: (file: string) => Buffer): readonly Cluster[] {
  const parsed = fileShape.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`the list of clusters is not as it must be: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { clusters } = parsed.data;
  refuseTwice(clusters.map(({ clusterId }) => clusterId));
  // A module is initialised once a process, so it has one set of parameters.
  for (const { module, moduleParameters } of clusters)
    if (clusters.some((other) => other.module === module && other.moduleParameters !== moduleParameters))
      throw new Error(`the list of clusters has two sets of parameters for ${module}`);
  refuseTwice(clusters.map(({ module, tokenLabel }) => `${tokenLabel} of ${module}`));
  return clusters.map(({ clusterId, module, moduleParameters, tokenLabel, pinFile, trustAnchorFile, accounts }) => ({
    clusterId,
    module,
    moduleParameters,
    tokenLabel,
    pinFile,
    trustAnchor: new X509Certificate(read(trustAnchorFile)),
    accounts,
  }));
}

function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`the list of clusters has ${twice} twice`);
}
