# SPDX-License-Identifier: MIT
"""Signs messages with DKIM (RFC 6376, RFC 8463) as a test wants them, wrong ones too, and tells
what their hashes should be: written apart from every verifier that is compared."""
import base64
import hashlib
import pathlib
import re
import subprocess
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent / "signing"


def relaxed_field(name, value):
    value = re.sub(rb"\r\n", b"", value)
    return name.lower().rstrip() + b":" + re.sub(rb"[ \t]+", b" ", value).strip(b" ")


def simple_field(name, value):
    return name + b":" + value


def relaxed_body(body):
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    return trim(b"\r\n".join(lines), b"")


def simple_body(body):
    return trim(body, b"\r\n")


def trim(body, nothing):
    body = re.sub(rb"(\r\n)*\Z", b"", body)
    return body + b"\r\n" if body else nothing


FIELDS = {"relaxed": relaxed_field, "simple": simple_field}
BODIES = {"relaxed": relaxed_body, "simple": simple_body}


class Message:
    """Fields from the top, each (name, what follows the colon without the last CRLF)."""

    def __init__(self, fields, body):
        self.fields, self.body = list(fields), body

    def bytes(self):
        return b"".join(n + b":" + v + b"\r\n" for n, v in self.fields) + b"\r\n" + self.body

    def copy(self):
        return Message(self.fields, self.body)

    def signed_fields(self, names, canon):
        """The fields that h= names, each from the bottom up, canonical."""
        left = list(self.fields)
        for name in names:
            at = [i for i, (n, _) in enumerate(left) if n.strip().lower() == name.lower()]
            if at:
                yield FIELDS[canon](*left.pop(at[-1])) + b"\r\n"


def run_openssl(words, data):
    done = subprocess.run(["openssl", *words], input=data, capture_output=True, check=True)
    return done.stdout


def crypt(key, algorithm, data):
    """The signature of data; a= says how."""
    path = str(FOLDER / (key + ".pem"))
    if not algorithm.startswith("ed25519"):
        return run_openssl(["dgst", "-" + algorithm.split("-")[1], "-sign", path], data)
    with tempfile.NamedTemporaryFile() as file:
        file.write(hashlib.sha256(data).digest())
        file.flush()
        return run_openssl(["pkeyutl", "-sign", "-rawin", "-inkey", path, "-in", file.name], b"")


def record(key):
    """The key record to publish."""
    der = run_openssl(["pkey", "-in", str(FOLDER / (key + ".pem")), "-pubout", "-outform", "DER"],
                      b"")
    if key == "ed25519":
        return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(der[-32:])
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)


def digest(algorithm, data):
    return hashlib.new("sha1" if algorithm.endswith("sha1") else "sha256", data).digest()


def sign(message, key="rsa2048", header=b"DKIM-Signature", **tags):
    """A copy of the message with a signature on top. tags: those of the signature in their order
    after v=; None leaves one out. Besides: length, how much of the body is signed; end, what
    stands behind b=."""
    values = {"v": "1", "a": "rsa-sha256", "c": "relaxed/relaxed", "d": "example.test",
              "s": "rsa", "t": "1700000000", "h": "from:to:subject:date:message-id"} | tags
    length, end = values.pop("length", None), values.pop("end", b"")
    algorithm = values["a"] or "rsa-sha256"
    head, _, tail = (values["c"] or "simple/simple").lower().partition("/")
    head, tail = (w if w in FIELDS else "simple" for w in (head, tail or "simple"))
    body = BODIES[tail](message.body)
    if length is not None:
        body = body[:length]
        values.setdefault("l", str(length))
    values.setdefault("bh", base64.b64encode(digest(algorithm, body)).decode())
    values.setdefault("b", "")
    text = ";".join(f" {k}={v}" for k, v in values.items() if v is not None and k != "b")
    text = f"{text};\r\n\tb=".encode()
    names = [n.strip().encode() for n in (values["h"] or "").split(":")]
    data = b"".join(message.signed_fields(names, head)) + FIELDS[head](header, text + end)
    signature = base64.b64encode(crypt(key, algorithm, data)).decode()
    folded = "\r\n\t ".join(signature[i:i + 64] for i in range(0, len(signature), 64))
    out = message.copy()
    out.fields.insert(0, (header, text + (values["b"] or folded).encode() + end))
    return out
