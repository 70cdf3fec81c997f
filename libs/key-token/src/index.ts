export { assembleToken, encodeTokenHeader, newMaterialId } from './encode-token.ts';
export { MAX_WRAPPED_BYTES } from './key-token.ts';
export type { KeyClass, KeyTokenHeader, ParsedKeyToken } from './key-token.ts';
export { parseToken } from './parse-token.ts';
