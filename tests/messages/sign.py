# SPDX-License-Identifier: MIT
"""DKIM signatures (RFC 6376, RFC 8463) for messages of the tests, made with the openssl command:
one more implementation than the one that is tested, and every tag can be had, wrong ones too."""

import base64
import hashlib
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def openssl(*args, stdin=b""):
    return subprocess.run(["openssl", *args], input=stdin, capture_output=True, check=True).stdout


def public(name):
    """The key record for tests/messages/NAME.pem."""
    der = openssl("pkey", "-in", str(HERE / f"{name}.pem"), "-pubout", "-outform", "DER")
    if name.startswith("ed25519"):
        return "v=DKIM1; k=ed25519; p=" + base64.b64encode(der[-32:]).decode()
    return "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode()


def txt(record):
    """A record as strings of a zone file."""
    return " ".join(f'"{record[i:i + 250]}"' for i in range(0, len(record), 250))


def relaxed_field(name, value):
    value = re.sub(r"[ \t]+", " ", value.replace("\r\n", "")).strip()
    return f"{name.lower().strip()}:{value}"


def relaxed_body(body):
    lines = [re.sub(r"[ \t]+", " ", line).rstrip(" ") for line in body.split("\r\n")]
    text = "\r\n".join(lines).rstrip("\r\n")
    return text + "\r\n" if text else ""


def simple_body(body):
    return body.rstrip("\r\n") + "\r\n"


def crlf(text):
    return re.sub(r"\r?\n", "\r\n", text)


def split(header):
    """The fields of a header, each with its folds."""
    return [f for f in re.split(r"\r\n(?![ \t])", crlf(header)) if f]


def chosen(fields, names):
    """The fields that h= names, the last one of a name first (RFC 6376 5.4.2)."""
    left = {}
    for field in fields:
        left.setdefault(field.split(":", 1)[0].strip().lower(), []).append(field)
    for name in names:
        rest = left.get(name.lower())
        if rest:
            yield rest.pop()


def signature(key, text, digest):
    path = str(HERE / f"{key}.pem")
    if key.startswith("ed25519"):
        with tempfile.NamedTemporaryFile() as hashed:  # openssl wants to know its size
            hashed.write(hashlib.sha256(text).digest())
            hashed.flush()
            made = openssl("pkeyutl", "-sign", "-rawin", "-inkey", path, "-in", hashed.name)
    else:
        made = openssl("dgst", f"-{digest}", "-sign", path, stdin=text)
    return base64.b64encode(made).decode()


def sign(header, body, d, s="sel", key="rsa", h="From:To:Subject:Date", c="relaxed/relaxed",
         **tags):
    """The header with a DKIM-Signature on top; further tags as they are given (l=True: all of the
    body as it is now)."""
    body = crlf(body)
    digest = tags.pop("digest", "sha256")
    kind = "ed25519" if key.startswith("ed25519") else "rsa"
    canonical = relaxed_body(body) if c.endswith("relaxed") else simple_body(body)
    if tags.get("l") is True:
        tags["l"] = len(canonical)
    signed = canonical[:tags["l"]] if "l" in tags else canonical
    bh = base64.b64encode(hashlib.new(digest, signed.encode()).digest()).decode()
    rest = "".join(f" {name}={value};" for name, value in tags.items())
    value = (f" v=1; a={kind}-{digest}; c={c}; d={d}; s={s};{rest}\r\n\th={h};\r\n"
             f"\tbh={bh};\r\n\tb=")
    fields = [relaxed_field(*f.split(":", 1)) for f in chosen(split(header), h.split(":"))]
    text = "\r\n".join(fields + [relaxed_field("dkim-signature", value)])
    made = signature(key, text.encode(), digest)
    folded = "\r\n\t ".join(made[i:i + 70] for i in range(0, len(made), 70))
    return f"DKIM-Signature:{value}{folded}\r\n" + crlf(header)
