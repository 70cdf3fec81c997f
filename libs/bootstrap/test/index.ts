export { makeTestPki } from './test-pki.ts';
export type { TestCertificate, TestPki, TestTlsFiles } from './test-pki.ts';
export { makeTestDeployment } from './test-runtime.ts';
export type { TestDeployment } from './test-runtime.ts';
export { waitUntil } from './wait-until.ts';
