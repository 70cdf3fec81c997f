import nx from '@nx/eslint-plugin';
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

/** Who may import whom: DESIGN's column "knows nothing of" as lint. test/workspace/boundaries.spec.ts plants a violation of each row. */
const boundaries = [
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:lib', 'type:tool'] },
  { sourceTag: 'scope:contract', onlyDependOnLibsWithTags: ['scope:contract'] },
  { sourceTag: 'scope:pure', onlyDependOnLibsWithTags: ['scope:pure'] },
  { sourceTag: 'scope:cipher', onlyDependOnLibsWithTags: ['scope:pure', 'scope:contract', 'scope:cipher'] },
  { sourceTag: 'scope:wire', onlyDependOnLibsWithTags: ['scope:pure', 'scope:contract', 'scope:wire'] },
  { sourceTag: 'scope:sql', onlyDependOnLibsWithTags: ['scope:pure', 'scope:contract', 'scope:wire', 'scope:sql'] },
  { sourceTag: 'scope:hsm', onlyDependOnLibsWithTags: ['scope:pure', 'scope:contract', 'scope:wire', 'scope:cipher', 'scope:hsm'] },
  { sourceTag: 'scope:gateway', onlyDependOnLibsWithTags: ['scope:pure', 'scope:contract', 'scope:wire', 'scope:cipher'] },
  { sourceTag: 'scope:policy', onlyDependOnLibsWithTags: ['scope:pure', 'scope:contract', 'scope:wire', 'scope:sql'] },
  { sourceTag: 'scope:key-metadata', onlyDependOnLibsWithTags: ['scope:pure', 'scope:contract', 'scope:wire', 'scope:sql'] },
  { sourceTag: 'scope:audit-ingest', onlyDependOnLibsWithTags: ['scope:pure', 'scope:contract', 'scope:wire', 'scope:sql'] },
  {
    sourceTag: 'scope:crypto-worker',
    onlyDependOnLibsWithTags: ['scope:pure', 'scope:contract', 'scope:wire', 'scope:cipher', 'scope:hsm'],
    notDependOnLibsWithTags: ['topic:policy'],
  },
];

const pureLibs =
  'libs/{errors,identifiers,key-model,encryption-context,permit,sigv4,policy-language,policy-evaluator,key-token,secret-bytes,ciphertext}/src/**/*.ts';

export default tseslint.config(
  { ignores: ['**/node_modules/', 'libs/contracts/gen/', '**/dist/', '.trent/', '.nx/', '**/build/', 'helm/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx, jsdoc },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: false, allow: [], depConstraints: boundaries }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 400 }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'the environment is read in config.ts alone' },
        { object: 'Buffer', property: 'allocUnsafe', message: 'pooled memory outlives its owner: allocUnsafeSlow or alloc' },
      ],
    },
  },
  {
    files: ['libs/*/src/**/*.ts', 'services/*/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'jsdoc/require-jsdoc': ['error', { publicOnly: true, require: { FunctionDeclaration: true, ClassDeclaration: true } }],
    },
  },
  {
    files: [pureLibs],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'pure libraries know no environment' },
        { object: 'Date', property: 'now', message: 'time is an argument' },
        { object: 'Math', property: 'random', message: 'randomness is an argument' },
        { object: 'Buffer', property: 'allocUnsafe', message: 'pooled memory outlives its owner' },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            'node:fs',
            'node:fs/promises',
            'node:net',
            'node:http',
            'node:https',
            'node:http2',
            'node:tls',
            'node:child_process',
            'node:worker_threads',
            'node:dgram',
            'node:dns',
            'pg',
            'ioredis',
            '@grpc/grpc-js',
          ],
          patterns: ['@nats-io/*', '@opentelemetry/*', '@bufbuild/*'],
        },
      ],
    },
  },
  {
    files: ['**/src/**/*.ts'],
    ignores: [
      'services/crypto-worker/**',
      'services/gateway/src/http/**',
      'services/gateway/src/grpc/**',
      'libs/client/**',
      'libs/secret-bytes/**',
      'libs/pkcs11/**',
      'libs/ceremony/**',
      'services/policy/**',
      '**/*.spec.ts',
      pureLibs,
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: '@trent/secret-bytes/reveal', message: 'only who must handle plaintext may see it' }] },
      ],
    },
  },
  {
    files: [
      '**/config.ts',
      'libs/bootstrap/src/**',
      'libs/local-cluster/**',
      'libs/cli/**',
      'libs/ceremony/**',
      'proto/**',
      'deploy/**',
      'test/**',
      '**/*.spec.ts',
      '**/test/**',
      '**/build.ts',
      'jest.config.ts',
      '**/main.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/*.e2e.ts', 'test/**/*.ts', '**/test/**/*.ts'],
    rules: {
      // Tests run against real backends, which the tool starts; sources may not.
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: false, allow: ['@trent/local-cluster'], depConstraints: boundaries },
      ],
      'max-lines': ['error', { max: 800 }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
