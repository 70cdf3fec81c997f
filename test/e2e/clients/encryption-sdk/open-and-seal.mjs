// Usage: node open-and-seal.mjs KEY_ARN MESSAGE_FILE_IN MESSAGE_FILE_OUT
// Opens a message of the AWS Encryption SDK (made in another language), seals its plaintext anew, and proves what must be refused.
// The environment alone says where KMS is: AWS_ENDPOINT_URL, credentials, NODE_EXTRA_CA_CERTS.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { buildClient, CommitmentPolicy, KmsKeyringNode } from '@aws-crypto/client-node';

const [, , generatorKeyId, input, output] = process.argv;
const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const keyring = new KmsKeyringNode({ generatorKeyId, keyIds: [generatorKeyId] });

const opened = await decrypt(keyring, readFileSync(input));
assert.equal(opened.messageHeader.encryptionContext.tenant, 'blue');
assert.ok('aws-crypto-public-key' in opened.messageHeader.encryptionContext, 'the context carries the key of the signature');

const discovery = new KmsKeyringNode({ discovery: true });
assert.deepEqual((await decrypt(discovery, readFileSync(input))).plaintext, opened.plaintext);

const { result } = await encrypt(keyring, opened.plaintext, { encryptionContext: { tenant: 'blue', from: 'JavaScript' } });
const damaged = Buffer.from(result);
damaged[damaged.length - 1] ^= 1;
await assert.rejects(decrypt(keyring, damaged));
writeFileSync(output, result);
