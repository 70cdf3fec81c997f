"""Keys and what hangs on them: boto3's types, paginators and modelled exceptions."""

import datetime
import json
import unittest

from clients import kms, kms_in, make_key, account, refused, unique

UTC_NOW = datetime.datetime.now(datetime.timezone.utc)


class Keys(unittest.TestCase):
    def test_a_key_has_every_member_that_AWS_gives(self):
        key = make_key(Description="from boto3", Tags=[{"TagKey": "team", "TagValue": "blue"}])
        self.assertEqual(
            {name: value for name, value in key.items() if name not in ("KeyId", "Arn", "CreationDate", "CurrentKeyMaterialId")},
            {
                "AWSAccountId": account,
                "Enabled": True,
                "Description": "from boto3",
                "KeyUsage": "ENCRYPT_DECRYPT",
                "KeyState": "Enabled",
                "Origin": "AWS_KMS",
                "KeyManager": "CUSTOMER",
                "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
                "KeySpec": "SYMMETRIC_DEFAULT",
                "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
                "MultiRegion": False,
            },
        )
        self.assertEqual(key["Arn"], arn_of(key["KeyId"]))
        self.assertLess(abs(key["CreationDate"] - UTC_NOW), datetime.timedelta(minutes=30))
        self.assertRegex(key["CurrentKeyMaterialId"], r"^[0-9a-f]{64}$")
        self.assertEqual(kms.describe_key(KeyId=key["Arn"])["KeyMetadata"], key)

    def test_paginators_walk_keys_aliases_tags_policies_rotations_and_grants(self):
        key = make_key(Tags=[{"TagKey": f"t{n}", "TagValue": str(n)} for n in range(7)])["KeyId"]
        names = [f"alias/{unique('boto3')}" for _ in range(5)]
        for name in names:
            kms.create_alias(AliasName=name, TargetKeyId=key)
        kms.rotate_key_on_demand(KeyId=key)
        root = f"arn:aws:iam::{account}:root"
        grant = {"KeyId": key, "GranteePrincipal": root, "RetiringPrincipal": root, "Operations": ["Decrypt"]}
        grants = [kms.create_grant(**grant, Name=f"g{n}")["GrantId"] for n in range(3)]

        def walk(operation, members, size, **request):
            pages = list(kms.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **request))
            for page in pages:
                self.assertEqual("NextMarker" in page, page["Truncated"])
            return [row for page in pages for row in page[members]]

        self.assertIn(key, [row["KeyId"] for row in walk("list_keys", "Keys", 100)])
        self.assertEqual(sorted(row["AliasName"] for row in walk("list_aliases", "Aliases", 2, KeyId=key)), sorted(names))
        self.assertEqual(len(walk("list_resource_tags", "Tags", 3, KeyId=key)), 7)
        self.assertEqual(walk("list_key_policies", "PolicyNames", 10, KeyId=key), ["default"])
        self.assertEqual(sorted(row["GrantId"] for row in walk("list_grants", "Grants", 2, KeyId=key)), sorted(grants))
        self.assertEqual([row["RotationType"] for row in walk("list_key_rotations", "Rotations", 1, KeyId=key)], ["ON_DEMAND"])
        retirable = walk("list_retirable_grants", "Grants", 2, RetiringPrincipal=root)
        self.assertLessEqual(set(grants), {row["GrantId"] for row in retirable})
        with refused(self, "InvalidMarkerException"):
            kms.list_keys(Marker="rubbish")

    def test_aliases_tags_policy_and_description_change(self):
        key, other = make_key(), make_key()
        name = f"alias/{unique('boto3')}"
        self.assertEqual(body_of(kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])), {})
        with self.assertRaises(kms.exceptions.AlreadyExistsException):
            kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
        kms.update_alias(AliasName=name, TargetKeyId=other["KeyId"])
        self.assertEqual(kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"], other["KeyId"])
        [row] = kms.list_aliases(KeyId=other["KeyId"])["Aliases"]
        self.assertEqual(row["AliasArn"], f"arn:aws:kms:{kms.meta.region_name}:{account}:{name}")
        self.assertGreaterEqual(row["LastUpdatedDate"], row["CreationDate"])
        kms.delete_alias(AliasName=name)
        with self.assertRaises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId=name)
        kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": ""}])
        kms.untag_resource(KeyId=key["KeyId"], TagKeys=["a"])
        self.assertEqual(kms.list_resource_tags(KeyId=key["KeyId"])["Tags"], [{"TagKey": "b", "TagValue": ""}])
        kms.update_key_description(KeyId=key["KeyId"], Description="new")
        self.assertEqual(kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"], "new")
        answer = kms.get_key_policy(KeyId=key["KeyId"])
        self.assertEqual(answer["PolicyName"], "default")
        policy = json.loads(answer["Policy"])
        policy["Id"] = "mine"
        kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(policy))
        self.assertEqual(json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]), policy)
        with refused(self, "MalformedPolicyDocumentException"):
            kms.put_key_policy(KeyId=key["KeyId"], Policy="{}")

    def test_states_are_told_by_modelled_exceptions(self):
        key = make_key()["KeyId"]
        kms.disable_key(KeyId=key)
        with self.assertRaises(kms.exceptions.DisabledException):
            kms.encrypt(KeyId=key, Plaintext=b"x")
        kms.enable_key(KeyId=key)
        answer = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertEqual((answer["KeyState"], answer["PendingWindowInDays"]), ("PendingDeletion", 7))
        self.assertGreater(answer["DeletionDate"], UTC_NOW + datetime.timedelta(days=6))
        with self.assertRaises(kms.exceptions.KMSInvalidStateException) as caught:
            kms.schedule_key_deletion(KeyId=key)
        self.assertIn("is pending deletion", str(caught.exception))
        self.assertEqual(kms.cancel_key_deletion(KeyId=key)["KeyId"], arn_of(key))
        self.assertEqual(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "Disabled")
        with refused(self, "NotFoundException"):
            kms.describe_key(KeyId="00000000-0000-4000-8000-000000000000")
        with refused(self, "ValidationException") as caught:
            kms.create_alias(AliasName="no-prefix", TargetKeyId=key)
        self.assertIn("Alias must start with the prefix", str(caught.exception))

    def test_rotation_runs_on_its_period_and_on_demand(self):
        key = make_key()["KeyId"]
        sealed = kms.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
        status = kms.get_key_rotation_status(KeyId=key)
        self.assertEqual((status["KeyRotationEnabled"], status["RotationPeriodInDays"]), (True, 90))
        self.assertGreater(status["NextRotationDate"], UTC_NOW + datetime.timedelta(days=89))
        self.assertEqual(kms.rotate_key_on_demand(KeyId=key)["KeyId"], arn_of(key))
        kms.encrypt(KeyId=key, Plaintext=b"new")
        self.assertEqual(kms.decrypt(CiphertextBlob=sealed)["Plaintext"], b"old")
        kms.disable_key_rotation(KeyId=key)
        self.assertFalse(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
        rows = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
        self.assertEqual(sorted(row["KeyMaterialState"] for row in rows), ["CURRENT", "NON_CURRENT"])
        usage = kms.get_key_last_usage(KeyId=key)
        self.assertIsInstance(usage["KeyCreationDate"], datetime.datetime)

    def test_a_multi_region_key_opens_in_the_other_region_what_was_sealed_in_this_one(self):
        key = make_key(MultiRegion=True)
        self.assertTrue(key["KeyId"].startswith("mrk-"))
        replica = kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion="eu-west-1", Tags=[{"TagKey": "a", "TagValue": "b"}])
        self.assertEqual(replica["ReplicaTags"], [{"TagKey": "a", "TagValue": "b"}])
        self.assertIn("ReplicaPolicy", replica)
        there = kms_in("eu-west-1")
        self.assertEqual(there.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"], "REPLICA")
        sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"both")["CiphertextBlob"]
        opened = there.decrypt(KeyId=key["KeyId"], CiphertextBlob=sealed)
        self.assertEqual((opened["Plaintext"], opened["KeyId"]), (b"both", replica["ReplicaKeyMetadata"]["Arn"]))
        kms.update_primary_region(KeyId=key["KeyId"], PrimaryRegion="eu-west-1")
        self.assertEqual(kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["MultiRegionConfiguration"]["PrimaryKey"]["Region"], "eu-west-1")


def arn_of(key):
    return f"arn:aws:kms:{kms.meta.region_name}:{account}:key/{key}"


def body_of(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


if __name__ == "__main__":
    unittest.main()
