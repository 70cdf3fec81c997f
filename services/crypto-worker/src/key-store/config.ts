import { commonConfig, filePath, grpcConfig, type ConfigOf } from '@trent/bootstrap';
import { xksConfig } from './xks/egress-config.ts';

/** The environment of a key-store process: docs/configuration.md is made from it. */
export const keyStoreConfig = {
  ...commonConfig,
  ...grpcConfig,
  keyStoreClusters: filePath()
    .optional()
    .describe('JSON file with the PKCS#11 tokens that custom key stores may be made of (docs/key-stores.md); without it there are none'),
  ...xksConfig,
};

export type KeyStoreConfig = ConfigOf<typeof keyStoreConfig>;
