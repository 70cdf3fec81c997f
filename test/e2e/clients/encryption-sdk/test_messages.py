"""The AWS Encryption SDK, unchanged: what one language seals the other opens, and a disabled key opens nothing."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import aws_encryption_sdk
import boto3
from aws_encryption_sdk import CommitmentPolicy
from aws_encryption_sdk.exceptions import DecryptKeyError
from aws_encryption_sdk.key_providers.kms import (
    DiscoveryAwsKmsMasterKeyProvider,
    MRKAwareStrictAwsKmsMasterKeyProvider,
    StrictAwsKmsMasterKeyProvider,
)

JAVASCRIPT = Path(__file__).with_name("open-and-seal.mjs")
PLAINTEXT = b"attack at dawn " * 1000
kms = boto3.client("kms")
client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)


class Messages(unittest.TestCase):
    def setUp(self):
        self.key = kms.create_key()["KeyMetadata"]["Arn"]
        self.provider = StrictAwsKmsMasterKeyProvider(key_ids=[self.key])

    def seal(self):
        return client.encrypt(source=PLAINTEXT, key_provider=self.provider, encryption_context={"tenant": "blue"})

    def test_Python_and_JavaScript_open_each_other(self):
        message, header = self.seal()
        self.assertEqual([key.key_provider.key_info.decode() for key in header.encrypted_data_keys], [self.key])
        with tempfile.TemporaryDirectory() as folder:
            sealed, answer = Path(folder, "sealed"), Path(folder, "answer")
            sealed.write_bytes(message)
            node = subprocess.run(["node", JAVASCRIPT, self.key, sealed, answer], capture_output=True, text=True)
            self.assertEqual(node.returncode, 0, node.stderr)
            opened, header = client.decrypt(source=answer.read_bytes(), key_provider=self.provider)
        self.assertEqual((opened, header.encryption_context["from"]), (PLAINTEXT, "JavaScript"))
        self.assertEqual([key.key_provider.key_info.decode() for key in header.encrypted_data_keys], [self.key, self.key])

    def test_a_discovery_provider_finds_the_key_by_the_message(self):
        message, _ = self.seal()
        self.assertEqual(client.decrypt(source=message, key_provider=DiscoveryAwsKmsMasterKeyProvider())[0], PLAINTEXT)

    def test_a_message_under_two_keys_opens_by_either(self):
        other = kms.create_key()["KeyMetadata"]["Arn"]
        message, _ = client.encrypt(source=PLAINTEXT, key_provider=StrictAwsKmsMasterKeyProvider(key_ids=[self.key, other]))
        kms.disable_key(KeyId=self.key)
        self.assertEqual(client.decrypt(source=message, key_provider=StrictAwsKmsMasterKeyProvider(key_ids=[other]))[0], PLAINTEXT)

    def test_a_disabled_key_opens_nothing(self):
        message, _ = self.seal()
        kms.disable_key(KeyId=self.key)
        with self.assertLogs("aws_encryption_sdk") as logs, self.assertRaises(DecryptKeyError):
            client.decrypt(source=message, key_provider=self.provider)
        self.assertIn("DisabledException", "".join(logs.output))

    def test_a_replica_opens_in_its_region_what_the_primary_sealed(self):
        primary = kms.create_key(MultiRegion=True)["KeyMetadata"]
        replica = kms.replicate_key(KeyId=primary["KeyId"], ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]["Arn"]
        message, _ = client.encrypt(source=PLAINTEXT, key_provider=MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=[primary["Arn"]]))
        there = MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=[replica])
        self.assertEqual(client.decrypt(source=message, key_provider=there)[0], PLAINTEXT)


if __name__ == "__main__":
    unittest.main()
