import {
  commonConfig,
  endpoints,
  filePath,
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
  pkcs11TokenLabel: text().describe('CKA_LABEL of the token that has joined the root set'),
  pkcs11PinFile: filePath().describe('File with the user PIN of the token'),
  keyMetadataEndpoints: endpoints().describe('Replicas of key-metadata, every one: its feed of keys has them all as writers'),
  policyEndpoints: endpoints().describe('Replicas of policy, every one: its feed of principals has them all as writers'),
};

export type CryptoWorkerConfig = ConfigOf<typeof cryptoWorkerConfig>;
