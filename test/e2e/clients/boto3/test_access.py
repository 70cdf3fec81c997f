"""IAM, STS and grants: who may, by users, roles, sessions and grants, and what is seen of it in the trail."""

import datetime
import json
import tempfile
import time
import unittest
from pathlib import Path

import botocore.session

from clients import account, client_of, iam, kms, make_key, refused, sts, trail, unique

ROOT = f"arn:aws:iam::{account}:root"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})


def make_user(test, **members):
    """An IAM user with an access key; both go when the test ends."""
    name = unique("boto3")
    user = iam.create_user(UserName=name, **members)["User"]
    test.addCleanup(iam.delete_user, UserName=name)
    credentials = iam.create_access_key(UserName=name)["AccessKey"]
    test.addCleanup(iam.delete_access_key, UserName=name, AccessKeyId=credentials["AccessKeyId"])
    return user, credentials


class Roles(unittest.TestCase):
    def test_a_session_does_what_a_key_policy_allows_its_role(self):
        user, credentials = make_user(self)
        name = unique("boto3")
        trust = document({"Principal": {"AWS": user["Arn"]}, "Action": "sts:AssumeRole"})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Description="d", Tags=[{"Key": "team", "Value": "blue"}])["Role"]
        self.assertEqual(role["Arn"], f"arn:aws:iam::{account}:role/{name}")
        self.assertIsInstance(role["CreateDate"], datetime.datetime)
        self.assertEqual(role["AssumeRolePolicyDocument"], json.loads(trust))
        got = iam.get_role(RoleName=name)["Role"]
        self.assertEqual((got["MaxSessionDuration"], got["Tags"], got["RoleId"]), (3600, [{"Key": "team", "Value": "blue"}], role["RoleId"]))
        iam.get_waiter("role_exists").wait(RoleName=name)
        key = make_key(Policy=document(
            {"Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
            {"Principal": {"AWS": role["Arn"]}, "Action": ["kms:Encrypt", "kms:DescribeKey"], "Resource": "*"},
        ))["KeyId"]
        with refused(self, "AccessDenied", 403):
            sts.assume_role(RoleArn=role["Arn"], RoleSessionName="root")
        answer = client_of(credentials, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="boto3", DurationSeconds=900)
        self.assertEqual(answer["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{account}:assumed-role/{name}/boto3")
        self.assertEqual(answer["AssumedRoleUser"]["AssumedRoleId"], f"{role['RoleId']}:boto3")
        left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(left.total_seconds() - 900), 120)
        session = client_of(answer["Credentials"])
        self.assertEqual(client_of(answer["Credentials"], "sts").get_caller_identity()["UserId"], answer["AssumedRoleUser"]["AssumedRoleId"])
        sealed = session.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        with refused(self, "AccessDeniedException") as denied:
            session.decrypt(CiphertextBlob=sealed)
        who, where = answer["AssumedRoleUser"]["Arn"], "the resource associated with this ciphertext"
        self.assertIn(f"User: {who} is not authorized to perform: kms:Decrypt on {where}", str(denied.exception))
        iam.put_role_policy(RoleName=name, PolicyName="opens", PolicyDocument=document({"Action": "kms:Decrypt", "Resource": "*"}))
        self.assertEqual(session.decrypt(CiphertextBlob=sealed)["Plaintext"], b"x")
        self.assertEqual(iam.list_role_policies(RoleName=name)["PolicyNames"], ["opens"])
        with self.assertRaises(iam.exceptions.DeleteConflictException):
            iam.delete_role(RoleName=name)
        iam.delete_role_policy(RoleName=name, PolicyName="opens")
        iam.delete_role(RoleName=name)
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName=name)


    def test_a_profile_assumes_its_role_by_itself(self):
        user, credentials = make_user(self)
        name = unique("boto3")
        condition = {"StringEquals": {"sts:ExternalId": "blue"}}
        trust = document({"Principal": {"AWS": user["Arn"]}, "Action": "sts:AssumeRole", "Condition": condition})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, MaxSessionDuration=7200)["Role"]
        self.addCleanup(iam.delete_role, RoleName=name)
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "config")
            config.write_text(
                "[profile user]\n"
                f"aws_access_key_id = {credentials['AccessKeyId']}\naws_secret_access_key = {credentials['SecretAccessKey']}\n"
                "[profile role]\n"
                f"source_profile = user\nrole_arn = {role['Arn']}\nrole_session_name = profile\nexternal_id = blue\nduration_seconds = 7200\n"
            )
            session = botocore.session.Session(profile="role")
            session.set_config_variable("config_file", str(config))
            caller = session.create_client("sts").get_caller_identity()
        self.assertEqual(caller["Arn"], f"arn:aws:sts::{account}:assumed-role/{name}/profile")


class Users(unittest.TestCase):
    def test_a_user_with_a_managed_policy_uses_what_it_names(self):
        user, credentials = make_user(self, Path="/apps/")
        name = user["UserName"]
        iam.get_waiter("user_exists").wait(UserName=name)
        self.assertEqual(user["Arn"], f"arn:aws:iam::{account}:user/apps/{name}")
        policy = iam.create_policy(PolicyName=name, PolicyDocument=document({"Action": "kms:GenerateRandom", "Resource": "*"}))["Policy"]
        iam.get_waiter("policy_exists").wait(PolicyArn=policy["Arn"])
        iam.attach_user_policy(UserName=name, PolicyArn=policy["Arn"])
        as_user = client_of(credentials)
        self.assertEqual(len(as_user.generate_random(NumberOfBytes=4)["Plaintext"]), 4)
        with refused(self, "AccessDeniedException"):
            as_user.list_keys()
        pages = iam.get_paginator("list_users").paginate(PathPrefix="/apps/", PaginationConfig={"PageSize": 1})
        self.assertIn(name, [row["UserName"] for page in pages for row in page["Users"]])
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
        self.assertEqual((version["IsDefaultVersion"], version["Document"]["Statement"][0]["Action"]), (True, "kms:GenerateRandom"))
        self.assertEqual(iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["AttachmentCount"], 1)
        [row] = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
        self.assertEqual((row["AccessKeyId"], row["Status"]), (credentials["AccessKeyId"], "Active"))
        iam.update_access_key(UserName=name, AccessKeyId=row["AccessKeyId"], Status="Inactive")
        with refused(self, "UnrecognizedClientException"):
            as_user.generate_random(NumberOfBytes=4)
        with self.assertRaises(iam.exceptions.DeleteConflictException):
            iam.delete_policy(PolicyArn=policy["Arn"])
        iam.detach_user_policy(UserName=name, PolicyArn=policy["Arn"])
        iam.delete_policy(PolicyArn=policy["Arn"])
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_policy(PolicyArn=policy["Arn"])
        with self.assertRaises(iam.exceptions.EntityAlreadyExistsException):
            iam.create_user(UserName=name)

    def test_groups_and_inline_policies_read_back_as_they_were_written(self):
        name, group = make_user(self)[0]["UserName"], unique("boto3")
        iam.create_group(GroupName=group)
        iam.add_user_to_group(GroupName=group, UserName=name)
        self.assertEqual([row["UserName"] for row in iam.get_group(GroupName=group)["Users"]], [name])
        self.assertEqual([row["GroupName"] for row in iam.list_groups_for_user(UserName=name)["Groups"]], [group])
        text = document({"Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/ünï": "a+b %20"}}})
        iam.put_group_policy(GroupName=group, PolicyName="all", PolicyDocument=text)
        self.assertEqual(iam.get_group_policy(GroupName=group, PolicyName="all")["PolicyDocument"], json.loads(text))
        iam.delete_group_policy(GroupName=group, PolicyName="all")
        iam.remove_user_from_group(GroupName=group, UserName=name)
        iam.delete_group(GroupName=group)


class Grants(unittest.TestCase):
    def test_a_grant_gives_a_user_one_operation_until_it_is_retired(self):
        user, credentials = make_user(self)
        as_user = client_of(credentials)
        key = make_key()["KeyId"]
        operations, constraints = ["Encrypt", "RetireGrant"], {"EncryptionContextSubset": {"a": "b"}}
        grant = kms.create_grant(KeyId=key, GranteePrincipal=user["Arn"], Operations=operations, Constraints=constraints)
        [row] = kms.list_grants(KeyId=key, GrantId=grant["GrantId"])["Grants"]
        self.assertEqual((row["GranteePrincipal"], sorted(row["Operations"]), row["Constraints"]), (user["Arn"], operations, constraints))
        self.assertIsInstance(row["CreationDate"], datetime.datetime)
        arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
        as_user.encrypt(KeyId=arn, Plaintext=b"x", EncryptionContext={"a": "b", "c": "d"}, GrantTokens=[grant["GrantToken"]])
        with refused(self, "AccessDeniedException"):
            as_user.encrypt(KeyId=arn, Plaintext=b"x")
        as_user.retire_grant(KeyId=arn, GrantId=grant["GrantId"])
        with refused(self, "AccessDeniedException"):
            as_user.encrypt(KeyId=arn, Plaintext=b"x", EncryptionContext={"a": "b"})
        with self.assertRaises(kms.exceptions.NotFoundException):
            kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])


class Trail(unittest.TestCase):
    def test_the_paginator_of_the_trail_finds_the_request_by_its_id(self):
        # Others call the same operation meanwhile, so only what is as young as the request is read.
        start = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        request = kms.generate_random(NumberOfBytes=1)["ResponseMetadata"]["RequestId"]
        attribute = {"AttributeKey": "EventName", "AttributeValue": "GenerateRandom"}

        def find():
            pages = trail.get_paginator("lookup_events").paginate(LookupAttributes=[attribute], StartTime=start)
            events = (event for page in pages for event in page["Events"])
            return next((event for event in events if json.loads(event["CloudTrailEvent"])["requestID"] == request), None)

        deadline = time.monotonic() + 30
        while (event := find()) is None and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertIsNotNone(event)
        self.assertEqual((event["EventSource"], event["ReadOnly"]), ("kms.amazonaws.com", "true"))
        self.assertIsInstance(event["EventTime"], datetime.datetime)


if __name__ == "__main__":
    unittest.main()
