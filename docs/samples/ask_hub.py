"""Asks a Zhengzhao hub: Python 3.8 or newer, its standard library, and the openssl command.

python3 ask_hub.py key client-key.pem                              makes a key, prints its public half for the operator
python3 ask_hub.py ask client-key.pem HUB CLIENT SCOPE BODY.json   sends a GraphQL request, prints the answer

BODY.json is {"query": "…", "variables": {…}}, in UTF-8.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid


def openssl(*arguments, given=b""):
    return subprocess.run(["openssl", *arguments], input=given, stdout=subprocess.PIPE, check=True).stdout


def make_key(path):
    """Writes a P-256 key (PKCS #8, PEM) that only its owner may read; an existing one is not written over."""
    pem = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)


def base64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def public_jwk(path):
    # The last 64 bytes of the public half in DER are the point's two numbers.
    der = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    return {"kty": "EC", "crv": "P-256", "x": base64url(der[-64:-32]), "y": base64url(der[-32:])}


def from_der(der):
    """OpenSSL writes an ECDSA signature as DER, JWS wants both numbers in 32 bytes each (RFC 7518, 3.4)."""
    length_of_r = der[3]
    r = int.from_bytes(der[4 : 4 + length_of_r], "big")
    s = int.from_bytes(der[6 + length_of_r :], "big")
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def jwt(path, header, claims):
    """A compact JWS, signed by the key in the file."""
    parts = [base64url(json.dumps(part).encode()) for part in ({"alg": "ES256", **header}, claims)]
    text = ".".join(parts)
    signature = openssl("dgst", "-sha256", "-sign", path, given=text.encode("ascii"))
    return f"{text}.{base64url(from_der(signature))}"


def post(url, headers, body):
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode("utf-8")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8")


class Hub:
    def __init__(self, url, client, key, sender):
        """`key` says who asks; `sender` is made for this run, and a token works with it only (DPoP, RFC 9449)."""
        self.url, self.client, self.key, self.sender = url.rstrip("/"), client, key, sender

    def proof(self, url, token=None):
        """A proof is for one request: a new one for each."""
        claims = {"htm": "POST", "htu": url, "jti": str(uuid.uuid4()), "iat": int(time.time())}
        if token is not None:
            claims["ath"] = base64url(hashlib.sha256(token.encode("ascii")).digest())
        return jwt(self.sender, {"typ": "dpop+jwt", "jwk": public_jwk(self.sender)}, claims)

    def token(self, scope):
        now = int(time.time())
        claims = {"iss": self.client, "sub": self.client, "aud": self.url, "jti": str(uuid.uuid4()), "iat": now, "exp": now + 60}
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt(self.key, {}, claims),
        }
        url = f"{self.url}/oauth/token"
        status, text = post(url, {"DPoP": self.proof(url)}, urllib.parse.urlencode(form).encode("ascii"))
        if status != 200:
            raise SystemExit(f"no token: HTTP {status} {text}")
        return json.loads(text)["access_token"]

    def ask(self, token, body):
        url = f"{self.url}/graphql"
        headers = {"Content-Type": "application/json", "Authorization": f"DPoP {token}", "DPoP": self.proof(url, token)}
        return post(url, headers, body)


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "key":
        make_key(arguments[1])
        print(json.dumps(public_jwk(arguments[1])))
    elif len(arguments) == 6 and arguments[0] == "ask":
        _, key, url, client, scope, body = arguments
        with tempfile.TemporaryDirectory() as folder, open(body, "rb") as file:
            sender = os.path.join(folder, "sender.pem")
            make_key(sender)
            hub = Hub(url, client, key, sender)
            status, text = hub.ask(hub.token(scope), file.read())
        sys.stdout.buffer.write(text.encode("utf-8") + b"\n")
        sys.exit(0 if status == 200 else 1)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
