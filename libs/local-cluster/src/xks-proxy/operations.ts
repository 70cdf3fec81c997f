import type { ProxyOperation } from './faults.ts';
import { integrityOf, type KeyManager } from './key-manager.ts';
import { ProxyError } from './proxy-error.ts';

type Body = Readonly<Record<string, unknown>>;

/** The four operations of the protocol: body in, answer out. */
export function answerTo(keys: KeyManager, operation: ProxyOperation, keyId: string, body: Body): Body {
  if (operation === 'health') return health();
  if (operation === 'metadata') return metadataOf(keys, keyId);
  if (body['encryptionAlgorithm'] !== 'AES_GCM') throw new ProxyError('ValidationException', 'unknown encryption algorithm');
  return operation === 'encrypt' ? encrypt(keys, keyId, body) : decrypt(keys, keyId, body);
}

function health(): Body {
  return {
    xksProxyFleetSize: 1,
    xksProxyVendor: 'Trent',
    xksProxyModel: 'Trent test XKS proxy 1.0',
    ekmVendor: 'SoftHSM',
    ekmFleetDetails: [{ id: 'softhsm-1', model: 'SoftHSM 2', healthStatus: 'ACTIVE' }],
  };
}

function metadataOf(keys: KeyManager, keyId: string): Body {
  const { keySpec = 'AES_256', keyUsage = ['ENCRYPT', 'DECRYPT'], keyStatus = 'ENABLED' } = keys.settingsOf(keyId);
  return { keySpec, keyUsage, keyStatus };
}

function encrypt(keys: KeyManager, keyId: string, body: Body): Body {
  const aad = bytes(body, 'additionalAuthenticatedData') ?? Buffer.alloc(0);
  const sealed = keys.encrypt(keyId, aad, required(body, 'plaintext'));
  const algorithm = body['ciphertextDataIntegrityValueAlgorithm'];
  if (algorithm !== undefined && algorithm !== 'SHA_256') throw new ProxyError('ValidationException', 'unknown integrity algorithm');
  return {
    ciphertext: sealed.ciphertext.toString('base64'),
    ...(sealed.metadata.length === 0 ? {} : { ciphertextMetadata: sealed.metadata.toString('base64') }),
    initializationVector: sealed.iv.toString('base64'),
    authenticationTag: sealed.tag.toString('base64'),
    ...(algorithm === undefined ? {} : { ciphertextDataIntegrityValue: integrityOf(aad, sealed).toString('base64') }),
  };
}

function decrypt(keys: KeyManager, keyId: string, body: Body): Body {
  const plaintext = keys.decrypt(keyId, bytes(body, 'additionalAuthenticatedData') ?? Buffer.alloc(0), {
    ciphertext: required(body, 'ciphertext'),
    metadata: bytes(body, 'ciphertextMetadata') ?? Buffer.alloc(0),
    iv: required(body, 'initializationVector'),
    tag: required(body, 'authenticationTag'),
  });
  return { plaintext: plaintext.toString('base64') };
}

function required(body: Body, member: string): Buffer {
  const value = bytes(body, member);
  if (value === undefined) throw new ProxyError('ValidationException', `${member} is missing`);
  return value;
}

function bytes(body: Body, member: string): Buffer | undefined {
  const text = body[member];
  if (text === undefined) return undefined;
  if (typeof text !== 'string') throw new ProxyError('ValidationException', `${member} is no text`);
  const value = Buffer.from(text, 'base64');
  if (value.toString('base64') !== text) throw new ProxyError('ValidationException', `${member} is no Base64`);
  return value;
}
