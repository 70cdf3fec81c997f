import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';

/** A program like any user's: the AWS SDK for JavaScript v3, configured by the environment alone. Prints the ARN of a new key. */
const client = new KMSClient({});
const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
console.log(KeyMetadata?.Arn);
