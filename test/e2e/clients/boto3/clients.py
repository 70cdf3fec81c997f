"""boto3 clients as any program makes them: endpoint, region, credentials and CA come from the environment, nothing is set for Trent."""

import uuid
from contextlib import contextmanager

import boto3
from botocore.exceptions import ClientError

kms = boto3.client("kms")
iam = boto3.client("iam")
sts = boto3.client("sts")
trail = boto3.client("cloudtrail")
account = sts.get_caller_identity()["Account"]


def kms_in(region):
    return boto3.client("kms", region_name=region)


def client_of(credentials, service="kms"):
    """A client that signs with an access key of IAM or with temporary credentials."""
    return boto3.client(
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
    )


def make_key(client=kms, **members):
    return client.create_key(**members)["KeyMetadata"]


def unique(prefix):
    return f"{prefix}-{uuid.uuid4()}"


@contextmanager
def refused(test, code, status=400):
    """The block must be refused with this error, as boto3 parses it."""
    with test.assertRaises(ClientError) as caught:
        yield caught
    response = caught.exception.response
    test.assertEqual((response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]), (code, status))
    test.assertRegex(response["ResponseMetadata"]["RequestId"], r"^[0-9a-f-]{36}$")
