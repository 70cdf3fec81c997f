export { SecretBytes } from './secret-bytes.ts';
export { HmacKey } from './hmac-key.ts';
