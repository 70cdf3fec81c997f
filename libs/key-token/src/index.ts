export { assembleToken, encodeTokenHeader, importedMaterialId, newMaterialId } from './encode-token.ts';
export { encodeImportToken, importAlgorithms, parseImportToken } from './import-token.ts';
export type { ImportAlgorithm, ImportToken, ParsedImportToken } from './import-token.ts';
export { MAX_PUBLIC_KEY_BYTES, MAX_WRAPPED_BYTES } from './key-token.ts';
export type { KeyClass, KeyTokenHeader, ParsedKeyToken, PrivateKeyHeader, SecretKeyHeader, StoreKeyHeader } from './key-token.ts';
export { isInStore, parseToken } from './parse-token.ts';
