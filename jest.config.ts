import type { Config } from 'jest';

/** Node strips the types itself (no transform); started with --experimental-vm-modules. */
const common = {
  rootDir: import.meta.dirname,
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  modulePathIgnorePatterns: ['<rootDir>/.trent', '<rootDir>/dist'],
} satisfies Config;

const config: Config = {
  // No test measures time; this only ends what hangs, on a machine whose cores others use too.
  testTimeout: 60_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.service\\.spec\\.ts$', '\\.property\\.spec\\.ts$'],
    },
    { ...common, displayName: 'property', testMatch: ['**/*.property.spec.ts'] },
    { ...common, displayName: 'service', testMatch: ['**/*.service.spec.ts'] },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.e2e.ts'],
      globalSetup: '<rootDir>/test/e2e/start-cluster.ts',
      globalTeardown: '<rootDir>/test/e2e/stop-cluster.ts',
    },
    {
      ...common,
      displayName: 'modules',
      testMatch: ['<rootDir>/test/modules/**/*.modules.ts', '<rootDir>/test/e2e/contract/spec-algorithm-walk.e2e.ts'],
      globalSetup: '<rootDir>/test/modules/start-cluster.ts',
      globalTeardown: '<rootDir>/test/e2e/stop-cluster.ts',
    },
    {
      ...common,
      displayName: 'chaos',
      testMatch: ['<rootDir>/test/chaos/**/*.chaos.ts'],
      globalSetup: '<rootDir>/test/chaos/start-cluster.ts',
      globalTeardown: '<rootDir>/test/e2e/stop-cluster.ts',
    },
  ],
};

export default config;
