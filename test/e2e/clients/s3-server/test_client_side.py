"""Encryption before S3: the Amazon S3 Encryption Client, whose data keys Trent makes and opens."""

import os
import unittest
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
from s3_encryption.exceptions import S3EncryptionClientError
from s3_encryption.materials.kms_keyring import KmsKeyring

BODY = b"attack at dawn " * 1000
CONTEXT = {"tenant": "blue"}
BUCKET = "client-side"


def s3_client():
    return boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT"],
        aws_access_key_id=os.environ["S3_ACCESS_KEY"],
        aws_secret_access_key=os.environ["S3_SECRET_KEY"],
        # Its volumes come up after its port does, so the first request may need another try.
        config=Config(retries={"total_max_attempts": 10}),
    )


kms = boto3.client("kms")
plain = s3_client()


def sealing(key, region=None):
    """A client that seals with this key; opening takes the key that the object names."""
    keyring = KmsKeyring(boto3.client("kms", region_name=region), key)
    return S3EncryptionClient(s3_client(), S3EncryptionClientConfig(keyring=keyring))


class ClientSide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        plain.create_bucket(Bucket=BUCKET)

    def setUp(self):
        self.key = kms.create_key()["KeyMetadata"]["Arn"]
        self.name = str(uuid.uuid4())

    def put(self, client):
        client.put_object(Bucket=BUCKET, Key=self.name, Body=BODY, EncryptionContext=CONTEXT)

    def get(self, client, context=CONTEXT):
        return client.get_object(Bucket=BUCKET, Key=self.name, EncryptionContext=context)["Body"].read()

    def test_an_object_is_sealed_before_it_leaves_and_opened_when_it_is_back(self):
        client = sealing(self.key)
        self.put(client)
        self.assertEqual(self.get(client), BODY)
        stored = plain.get_object(Bucket=BUCKET, Key=self.name)["Body"].read()
        self.assertNotIn(b"attack", stored)

    def test_it_is_opened_only_while_its_key_is_enabled(self):
        client = sealing(self.key)
        self.put(client)
        kms.disable_key(KeyId=self.key)
        with self.assertRaises((ClientError, S3EncryptionClientError)):
            self.get(client)
        kms.enable_key(KeyId=self.key)
        self.assertEqual(self.get(client), BODY)

    def test_it_is_opened_under_its_own_encryption_context_alone(self):
        client = sealing(self.key)
        self.put(client)
        with self.assertRaises(S3EncryptionClientError):
            self.get(client, {"tenant": "red"})

    def test_what_one_Region_sealed_under_a_multi_Region_key_another_opens(self):
        here, there = "us-east-1", "eu-west-1"
        primary = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
        kms.replicate_key(KeyId=primary, ReplicaRegion=there)
        self.put(sealing(primary, here))
        self.assertEqual(self.get(sealing(primary.replace(here, there), there)), BODY)


if __name__ == "__main__":
    unittest.main()
