"""What Python's cryptography says of a public key (DER, base64) and a signature, or of its encapsulation; one JSON line."""

import base64
import json
import sys

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

key = load_der_public_key(base64.b64decode(sys.argv[1]))
same = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == base64.b64decode(sys.argv[1])
if len(sys.argv) == 4:
    key.verify(base64.b64decode(sys.argv[3]), base64.b64decode(sys.argv[2]))
    print(json.dumps({"same": same, "type": type(key).__name__}))
else:
    secret, ciphertext = key.encapsulate()
    print(json.dumps({"same": same, "type": type(key).__name__, "secret": base64.b64encode(secret).decode(), "ciphertext": base64.b64encode(ciphertext).decode()}))
