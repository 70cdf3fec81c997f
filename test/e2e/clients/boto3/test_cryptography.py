"""What leaves the HSM opens and verifies with an implementation of its own: Python's `cryptography`."""

import hashlib
import hmac
import unittest

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding

from clients import kms, make_key, refused

SHA = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
MESSAGE = b"attack at dawn"


def public_key(key):
    return serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])


class Symmetric(unittest.TestCase):
    def setUp(self):
        self.key = make_key()

    def test_encrypt_decrypt_and_re_encrypt_under_a_context(self):
        context = {"tenant": "blue", "ünïcode": "ключ"}
        sealed = kms.encrypt(KeyId=self.key["KeyId"], Plaintext=MESSAGE, EncryptionContext=context)
        self.assertEqual((sealed["KeyId"], sealed["EncryptionAlgorithm"]), (self.key["Arn"], "SYMMETRIC_DEFAULT"))
        opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=context)
        self.assertEqual((opened["Plaintext"], opened["KeyId"]), (MESSAGE, self.key["Arn"]))
        self.assertEqual(opened["KeyMaterialId"], self.key["CurrentKeyMaterialId"])
        other = make_key()
        moved = kms.re_encrypt(CiphertextBlob=sealed["CiphertextBlob"], SourceEncryptionContext=context, DestinationKeyId=other["KeyId"])
        self.assertEqual((moved["SourceKeyId"], moved["KeyId"]), (self.key["Arn"], other["Arn"]))
        self.assertEqual(kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=other["KeyId"])["Plaintext"], MESSAGE)
        with refused(self, "InvalidCiphertextException"):
            kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext={"tenant": "red"})
        with refused(self, "IncorrectKeyException"):
            kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=context, KeyId=other["KeyId"])
        with refused(self, "DryRunOperationException"):
            kms.encrypt(KeyId=self.key["KeyId"], Plaintext=MESSAGE, DryRun=True)

    def test_data_keys_open_by_decrypt(self):
        made = kms.generate_data_key(KeyId=self.key["KeyId"], KeySpec="AES_256")
        self.assertEqual(kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"], made["Plaintext"])
        closed = kms.generate_data_key_without_plaintext(KeyId=self.key["KeyId"], NumberOfBytes=24)
        self.assertNotIn("Plaintext", closed)
        self.assertEqual(len(kms.decrypt(CiphertextBlob=closed["CiphertextBlob"])["Plaintext"]), 24)
        self.assertEqual(len(kms.generate_random(NumberOfBytes=1024)["Plaintext"]), 1024)

    def test_data_key_pairs_are_DER_and_belong_together(self):
        for spec in ("RSA_2048", "ECC_NIST_P256", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519"):
            with self.subTest(spec):
                pair = kms.generate_data_key_pair(KeyId=self.key["KeyId"], KeyPairSpec=spec)
                private = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
                public = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
                self.assertEqual((public, pair["KeyPairSpec"], pair["KeyId"]), (pair["PublicKey"], spec, self.key["Arn"]))
                self.assertEqual(kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"], pair["PrivateKeyPlaintext"])
        closed = kms.generate_data_key_pair_without_plaintext(KeyId=self.key["KeyId"], KeyPairSpec="ECC_NIST_P384")
        self.assertNotIn("PrivateKeyPlaintext", closed)


class Asymmetric(unittest.TestCase):
    def test_RSA_signatures_verify_outside_and_inside(self):
        key = make_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        public = public_key(key["KeyId"])
        for algorithm in key["SigningAlgorithms"]:
            with self.subTest(algorithm):
                sha = SHA[algorithm[-3:]]
                signed = kms.sign(KeyId=key["KeyId"], Message=MESSAGE, SigningAlgorithm=algorithm)
                pad = padding.PKCS1v15() if "PKCS1" in algorithm else padding.PSS(padding.MGF1(sha), sha.digest_size)
                public.verify(signed["Signature"], MESSAGE, pad, sha)
                self.assertEqual((signed["KeyId"], signed["SigningAlgorithm"]), (key["Arn"], algorithm))
                digest = hashlib.new(f"sha{algorithm[-3:]}", MESSAGE).digest()
                request = {"KeyId": key["KeyId"], "Signature": signed["Signature"], "SigningAlgorithm": algorithm}
                verified = kms.verify(Message=digest, MessageType="DIGEST", **request)
                self.assertIs(verified["SignatureValid"], True)
        with refused(self, "KMSInvalidSignatureException"):
            kms.verify(Message=b"other", **request)
        with refused(self, "InvalidKeyUsageException"):
            kms.encrypt(KeyId=key["KeyId"], Plaintext=MESSAGE, EncryptionAlgorithm="RSAES_OAEP_SHA_256")

    def test_elliptic_signatures_verify_outside(self):
        for spec in ("ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"):
            with self.subTest(spec):
                key = make_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
                [algorithm] = key["SigningAlgorithms"]
                sha = SHA[algorithm[-3:]]
                public_key(key["KeyId"]).verify(
                    kms.sign(KeyId=key["KeyId"], Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"], MESSAGE, ec.ECDSA(sha)
                )
                digest = hashlib.new(sha.name, MESSAGE).digest()
                signature = kms.sign(KeyId=key["KeyId"], Message=digest, MessageType="DIGEST", SigningAlgorithm=algorithm)["Signature"]
                public_key(key["KeyId"]).verify(signature, digest, ec.ECDSA(utils.Prehashed(sha)))

    def test_a_spec_that_the_HSM_lacks_is_told_as_such(self):
        with refused(self, "UnsupportedOperationException") as caught:
            make_key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
        self.assertIn("softhsm", str(caught.exception))

    def test_RSA_opens_what_was_encrypted_outside(self):
        key = make_key(KeySpec="RSA_3072", KeyUsage="ENCRYPT_DECRYPT")
        described = kms.get_public_key(KeyId=key["KeyId"])
        self.assertEqual(described["EncryptionAlgorithms"], ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
        self.assertEqual((described["KeySpec"], described["CustomerMasterKeySpec"]), ("RSA_3072", "RSA_3072"))
        for algorithm, sha in (("RSAES_OAEP_SHA_1", hashes.SHA1()), ("RSAES_OAEP_SHA_256", hashes.SHA256())):
            sealed = public_key(key["KeyId"]).encrypt(MESSAGE, padding.OAEP(padding.MGF1(sha), sha, None))
            self.assertEqual(kms.decrypt(KeyId=key["KeyId"], CiphertextBlob=sealed, EncryptionAlgorithm=algorithm)["Plaintext"], MESSAGE)

    def test_a_shared_secret_is_the_same_on_both_sides(self):
        key = make_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
        mine = ec.generate_private_key(ec.SECP256R1())
        theirs = mine.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        answer = kms.derive_shared_secret(KeyId=key["KeyId"], KeyAgreementAlgorithm="ECDH", PublicKey=theirs)
        self.assertEqual(answer["SharedSecret"], mine.exchange(ec.ECDH(), public_key(key["KeyId"])))
        self.assertEqual((answer["KeyAgreementAlgorithm"], answer["KeyOrigin"], answer["KeyId"]), ("ECDH", "AWS_KMS", key["Arn"]))


class Imported(unittest.TestCase):
    def import_material(self, key, material, wrapping="RSAES_OAEP_SHA_256", **members):
        parameters = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm=wrapping, WrappingKeySpec="RSA_4096")
        public = serialization.load_der_public_key(parameters["PublicKey"])
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        if wrapping.startswith("RSA_AES"):
            once = kms.generate_random(NumberOfBytes=32)["Plaintext"]
            wrapped = public.encrypt(once, oaep) + aes_key_wrap_with_padding(once, material)
        else:
            wrapped = public.encrypt(material, oaep)
        request = {"ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": wrapped, **members}
        return kms.import_key_material(KeyId=key, ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE", **request)

    def test_imported_HMAC_keys_give_the_same_codes_as_outside(self):
        key = make_key(Origin="EXTERNAL", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        self.assertEqual(key["KeyState"], "PendingImport")
        material = bytes(range(32))
        self.assertEqual(self.import_material(key["KeyId"], material)["KeyId"], key["Arn"])
        made = kms.generate_mac(KeyId=key["KeyId"], Message=MESSAGE, MacAlgorithm="HMAC_SHA_256")
        self.assertEqual(made["Mac"], hmac.digest(material, MESSAGE, "sha256"))
        self.assertIs(kms.verify_mac(KeyId=key["KeyId"], Message=MESSAGE, Mac=made["Mac"], MacAlgorithm="HMAC_SHA_256")["MacValid"], True)
        with refused(self, "KMSInvalidMacException"):
            kms.verify_mac(KeyId=key["KeyId"], Message=b"other", Mac=made["Mac"], MacAlgorithm="HMAC_SHA_256")

    def test_an_imported_private_key_signs_for_its_public_half(self):
        mine = ec.generate_private_key(ec.SECP384R1())
        der = mine.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        key = make_key(Origin="EXTERNAL", KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")["KeyId"]
        self.import_material(key, der, "RSA_AES_KEY_WRAP_SHA_256")
        signature = kms.sign(KeyId=key, Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_384")["Signature"]
        mine.public_key().verify(signature, MESSAGE, ec.ECDSA(hashes.SHA384()))

    def test_deleted_material_comes_back_and_opens_what_it_sealed(self):
        key = make_key(Origin="EXTERNAL")["KeyId"]
        material = kms.generate_random(NumberOfBytes=AES.block_size // 4)["Plaintext"]
        first = self.import_material(key, material)
        sealed = kms.encrypt(KeyId=key, Plaintext=MESSAGE)["CiphertextBlob"]
        self.assertEqual(kms.delete_imported_key_material(KeyId=key)["KeyMaterialId"], first["KeyMaterialId"])
        with refused(self, "KMSInvalidStateException"):
            kms.decrypt(CiphertextBlob=sealed)
        with refused(self, "IncorrectKeyMaterialException"):
            self.import_material(key, bytes(32))
        self.import_material(key, material)
        self.assertEqual(kms.decrypt(CiphertextBlob=sealed)["Plaintext"], MESSAGE)


if __name__ == "__main__":
    unittest.main()
