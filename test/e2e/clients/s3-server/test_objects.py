"""Server-side encryption with a customer managed key (SSE-KMS) of an S3 server that has Trent for its KMS."""

import json
import os
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

BODY = b"attack at dawn " * 1000
kms = boto3.client("kms")
settings = {
    "endpoint_url": os.environ["S3_ENDPOINT"],
    "aws_access_key_id": os.environ["S3_ACCESS_KEY"],
    "aws_secret_access_key": os.environ["S3_SECRET_KEY"],
}
# Its volumes come up after its port does, so the first request may need another try.
s3 = boto3.client("s3", config=Config(retries={"total_max_attempts": 10}), **settings)
once = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}), **settings)


class Objects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        s3.create_bucket(Bucket="sealed")

    def setUp(self):
        self.key = kms.create_key()["KeyMetadata"]

    def put(self, name, client=s3, **members):
        return client.put_object(Bucket="sealed", Key=name, Body=BODY, ServerSideEncryption="aws:kms", **members)

    def get(self, name, client=s3):
        return client.get_object(Bucket="sealed", Key=name)["Body"].read()

    def test_an_object_is_readable_only_while_its_key_is_enabled(self):
        answer = self.put("one", SSEKMSKeyId=self.key["KeyId"])
        self.assertEqual((answer["ServerSideEncryption"], answer["SSEKMSKeyId"]), ("aws:kms", self.key["Arn"]))
        self.assertEqual(self.get("one"), BODY)
        kms.disable_key(KeyId=self.key["KeyId"])
        with self.assertRaises(ClientError):
            self.get("one", once)
        kms.enable_key(KeyId=self.key["KeyId"])
        self.assertEqual(self.get("one"), BODY)

    def test_a_key_may_be_named_by_its_alias(self):
        alias = f"alias/s3-{self.key['KeyId']}"
        kms.create_alias(AliasName=alias, TargetKeyId=self.key["KeyId"])
        self.put("two", SSEKMSKeyId=alias)
        self.assertEqual(self.get("two"), BODY)

    def test_nothing_is_stored_under_a_key_that_does_not_exist(self):
        with self.assertRaises(ClientError):
            self.put("three", once, SSEKMSKeyId="00000000-0000-4000-8000-000000000000")
        with self.assertRaises(ClientError):
            self.get("three", once)

    def test_the_default_key_of_S3_is_made_by_its_first_use_and_used_through_S3_alone(self):
        self.put("four", SSEKMSKeyId="alias/aws/s3")
        self.assertEqual(self.get("four"), BODY)
        managed = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
        self.assertEqual(managed["KeyManager"], "AWS")
        self.assertEqual(s3.head_object(Bucket="sealed", Key="four")["SSEKMSKeyId"], managed["Arn"])
        with self.assertRaises(kms.exceptions.ClientError) as refused:
            kms.generate_data_key(KeyId=managed["Arn"], KeySpec="AES_256")
        self.assertEqual(refused.exception.response["Error"]["Code"], "AccessDeniedException")

    def test_a_bucket_seals_with_the_default_key_what_names_none(self):
        s3.create_bucket(Bucket="plain")
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/aws/s3"}}
        s3.put_bucket_encryption(Bucket="plain", ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.put_object(Bucket="plain", Key="five", Body=BODY)
        self.assertEqual(s3.get_object(Bucket="plain", Key="five")["Body"].read(), BODY)
        managed = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
        self.assertEqual(s3.head_object(Bucket="plain", Key="five")["SSEKMSKeyId"], managed["Arn"])

    def test_a_key_that_is_for_use_through_S3_is_of_no_other_use(self):
        root = f"arn:aws:iam::{self.key['AWSAccountId']}:root"
        via = {"StringEquals": {"kms:ViaService": f"s3.{kms.meta.region_name}.amazonaws.com"}}
        uses = ["kms:GenerateDataKey", "kms:Decrypt"]
        statements = [
            {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": uses, "Resource": "*", "Condition": {"StringNotEquals": via["StringEquals"]}},
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        kms.put_key_policy(KeyId=self.key["KeyId"], PolicyName="default", Policy=policy)
        self.put("six", SSEKMSKeyId=self.key["KeyId"])
        self.assertEqual(self.get("six"), BODY)
        with self.assertRaises(ClientError):
            kms.generate_data_key(KeyId=self.key["KeyId"], KeySpec="AES_256")


if __name__ == "__main__":
    unittest.main()
