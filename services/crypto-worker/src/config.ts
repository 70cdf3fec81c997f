import {
  commonConfig,
  endpoints,
  filePath,
  flag,
  grpcConfig,
  natsConfig,
  regionGroupsConfig,
  regionName,
  text,
  type ConfigOf,
} from '@trent/bootstrap';

/** The environment of crypto-worker: docs/configuration.md is made from it. */
export const cryptoWorkerConfig = {
  ...commonConfig,
  ...grpcConfig,
  ...natsConfig,
  ...regionGroupsConfig,
  region: regionName().describe('The one region whose root set this worker uses, beside that of its group'),
  pkcs11Module: filePath().describe('Shared library of the PKCS#11 module'),
  pkcs11Parameters: text()
    .optional()
    .describe("Settings that the module wants when it is opened, such as NSS's `configdir='sql:…'`; most modules want none"),
  pkcs11TokenLabel: text().describe('CKA_LABEL of the token that has joined the root set'),
  pkcs11PinFile: filePath().describe('File with the user PIN of the token'),
  allowSoftwareImport: flag()
    .default(false)
    .describe(
      'Whether this process may take the padding off imported material where the module can not; marked in the record of the import',
    ),
  keyMetadataEndpoints: endpoints().describe('Replicas of key-metadata, every one: its feed of keys has them all as writers'),
  policyEndpoints: endpoints().describe('Replicas of policy, every one: its feed of principals has them all as writers'),
  keyStoreEndpoints: endpoints()
    .default([])
    .describe('Key-store processes, every one: they know themselves which custom key stores they hold'),
};

export type CryptoWorkerConfig = ConfigOf<typeof cryptoWorkerConfig>;
