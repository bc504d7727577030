#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Our verdict on DKIM key records against those of opendkim-testkey and of dkimpy: a corpus made
here, the same in every run, served by an nsd of our own. Every difference must be one that is
explained below.

usage: keys.py MAILAUDIT
"""
import base64
import concurrent.futures
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from common import Comparison, module, need, txt, zone

import nsd

JOBS = 2
SELECTORS_MAX = 90  # given to one audit
ROOT = pathlib.Path(__file__).resolve().parents[2]
USABLE = ("good", "weak")

# What they make of a record otherwise than we do: "accepts" or "refuses", and what we say of it.
TESTKEY = {
    "accepts:impossible-key": "it does not read the key's numbers: signatures fail with it",
    "accepts:cut": "it does not decode p=: signatures fail with it",
    "accepts:no-key": "the same",
    "accepts:algorithm": "the same",
    "accepts:type-mismatch": "the same",
    "accepts:ed25519-form": "the same",
    "accepts:pem-lines": "the same; libopendkim itself skips the characters, but not the words",
    "accepts:base64": "the same; libopendkim skips characters that base64 does not have",
    "accepts:quotes": "the same: a quote is such a character",
    "accepts:hashes": "it takes h=sha1 for rsa-sha1, which RFC 8301 forbids",
    "accepts:key-type": "it takes blanks out of values: 'r s a' is rsa to it",
    "accepts:duplicate-tag": "it takes one of the two; RFC 6376 3.2 makes the whole list invalid",
    "accepts:syntax": "it does not look at names of tags that it does not know",
    "refuses:empty-tag": "RFC 6376 3.2 is on its side; other receivers skip it, we warn",
}
DKIMPY = {
    "accepts:impossible-key": "it reads the key's numbers, but does not look at them",
    "accepts:algorithm": "it does not look at the key's algorithm, only at where the numbers are",
    "accepts:no-key": "it takes lengths of DER that are longer than they have to be",
    "accepts:hashes": "it does not look at h= of a key",
    "accepts:service": "s=tlsrpt is good for TLS reports, which it verifies as well",
    "accepts:base64": "its base64 decoder skips characters that base64 does not have",
    "accepts:quotes": "the same: a quote is such a character",
    "accepts:syntax": "it looks only at how a tag's name begins",
    "refuses:capital-value": "it compares values as they are: we count the key, and say so",
    "refuses:service": "it does not take s= apart at colons",
    "refuses:empty-tag": "RFC 6376 3.2 is on its side; other receivers skip it, we warn",
}

# ---- keys ----------------------------------------------------------------------------------------


def der(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(length)]) + length + content


def integer(number):
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def rsa(bits, rng, exponent=65537):
    """The key of a modulus that nobody can factor, nor has to: (SubjectPublicKeyInfo, PKCS#1)."""
    modulus = rng.getrandbits(bits) | 1 << bits - 1 | 1
    bare = der(0x30, integer(modulus) + integer(exponent))
    algorithm = der(0x30, bytes.fromhex("06092a864886f70d010101") + der(5, b""))
    return der(0x30, algorithm + der(3, b"\0" + bare)), bare


def text(data):
    return base64.b64encode(data)


def other_keys():
    """Keys of other kinds, from the unit tests."""
    source = (ROOT / "tests/unit/dkim_keys.h").read_text()
    found = re.findall(r"#define (\w+)((?: \\\n +\"[^\"]*\")+)", source)
    return {name: "".join(re.findall(r'"([^"]*)"', lines)).encode() for name, lines in found}


# ---- the corpus ----------------------------------------------------------------------------------


def record(key, head=b"v=DKIM1; k=rsa; p="):
    return head + key


def good_ones(rng):
    """Name and record of what a verifier can use, in all forms that are met."""
    spki, bare = rsa(2048, rng)
    key = text(spki)
    for bits in (512, 768, 1000, 1023, 1024, 1025, 1280, 1536, 2047, 2048, 3072, 4096, 4104, 4160):
        yield f"rsa-{bits}", record(text(rsa(bits, rng)[0]))
        yield f"pkcs1-{bits}", record(text(rsa(bits, rng)[1]))
    for exponent in (1, 2, 3, 4, 17, 65537, 65536, (1 << 32) + 1, (1 << 64) + 13):
        yield f"exponent-{exponent}", record(text(rsa(2048, rng, exponent)[0]))
    keys = other_keys()
    ed25519 = keys["ED25519"]
    yield "ed25519", record(ed25519, b"v=DKIM1; k=ed25519; p=")
    yield "ed25519-no-version", record(ed25519, b"k=ed25519; p=")
    yield "ed25519-testing", record(ed25519, b"v=DKIM1; k=ed25519; t=y; p=")
    yield "no-version", record(key, b"k=rsa; p=")
    yield "only-p", record(key, b"p=")
    yield "no-k", record(key, b"v=DKIM1; p=")
    yield "no-blanks", record(key, b"v=DKIM1;k=rsa;p=")
    yield "blanks", record(key, b" v = DKIM1 ; k = rsa ; p = ")
    yield "tabs", record(key, b"v=DKIM1;\tk=rsa;\tp=")
    yield "folded", b"v=DKIM1;\r\n k=rsa;\r\n p=" + key[:76] + b"\r\n " + key[76:]
    yield "semicolon-at-end", record(key) + b";"
    yield "semicolon-and-blank", record(key) + b"; "
    yield "p-first", b"p=" + key + b"; k=rsa"
    yield "note", record(key, b"v=DKIM1; k=rsa; n=a=20note; p=")
    for flags in (b"y", b"s", b"y:s", b"s : y", b"x", b"", b"Y"):
        yield "t-" + flags.decode(), record(key, b"v=DKIM1; k=rsa; t=" + flags + b"; p=")
    for hashes in (b"sha256", b"sha1:sha256", b"sha256 : sha512", b"sha1", b"md5", b"", b"SHA256"):
        yield "h-" + hashes.decode(), record(key, b"v=DKIM1; h=" + hashes + b"; k=rsa; p=")
    for service in (b"email", b"*", b"email:other", b"other", b"other:*", b"", b"tlsrpt", b"EMAIL"):
        yield "s-" + service.decode(), record(key, b"v=DKIM1; s=" + service + b"; p=")
    for granularity in (b"*", b"", b"user", b"u*r"):
        yield "g-" + granularity.decode(), record(key, b"v=DKIM1; g=" + granularity + b"; p=")
    yield "unknown-tag", record(key, b"v=DKIM1; x=1; k=rsa; p=")
    yield "unknown-tag-long", record(key, b"v=DKIM1; extra=1; k=rsa; p=")
    yield "rsa-8192", record(text(rsa(8192, rng)[0]))
    yield "unpadded", record(key.rstrip(b"="))
    yield "unpadded-pkcs1", record(text(bare).rstrip(b"="))


def bad_ones(rng):
    """Name and record of what is not as it should be: each fault by itself."""
    spki, bare = rsa(2048, rng)
    key, keys = text(spki), other_keys()
    whole = record(key)
    yield "empty", b""
    yield "words", b"this is no key"
    yield "spf", b"v=spf1 -all"
    yield "dmarc", b"v=DMARC1; p=none"
    yield "revoked", b"v=DKIM1; p="
    yield "revoked-k", b"v=DKIM1; k=rsa; p=;"
    yield "revoked-bare", b"p="
    yield "revoked-blank", b"v=DKIM1; p= ;"
    yield "no-p", b"v=DKIM1; k=rsa"
    for version in (b"DKIM2", b"dkim1", b"1", b"", b"DKIM", b"DKIM1 "):
        yield "v-" + version.decode(), whole.replace(b"DKIM1", version)
    yield "v-late", b"k=rsa; p=" + key + b"; v=DKIM1"
    yield "v-second", b"k=rsa; v=DKIM1; p=" + key
    yield "v-upper", whole.replace(b"v=", b"V=")
    yield "k-upper", whole.replace(b"k=", b"K=")
    yield "p-upper", whole.replace(b" p=", b" P=")
    for kind in (b"RSA", b"dsa", b"ed25519", b"", b"rsa-sha256", b"ecdsa", b"r s a"):
        yield "k-" + kind.decode(), whole.replace(b"k=rsa", b"k=" + kind)
    for name in ("v", "k", "p"):
        tag = re.search(rb"(?:^|; )(" + name.encode() + rb"=[^;]*)", whole).group(1)
        yield f"twice-{name}", whole + b"; " + tag
    yield "twice-unknown", whole + b"; x=1; x=2"
    yield "twice-note", whole + b"; n=1; n=2"
    yield "p-twice-differs", whole + b"; p=" + text(rsa(2048, rng)[0])
    yield "no-semicolon-v", whole.replace(b"v=DKIM1;", b"v=DKIM1")
    yield "no-semicolon-k", whole.replace(b"k=rsa;", b"k=rsa")
    yield "comma", whole.replace(b";", b",")
    yield "two-semicolons", whole.replace(b";", b";;")
    yield "semicolon-first", b";" + whole
    yield "no-equals", whole.replace(b"k=rsa", b"k")
    yield "no-name", whole.replace(b"k=rsa", b"=rsa")
    yield "bad-name", whole.replace(b"k=rsa", b"k-k=rsa")
    yield "digit-name", whole.replace(b"k=rsa", b"1k=rsa")
    yield "quoted", b'"' + whole + b'"'
    yield "quote-at-end", whole + b'"'
    yield "backslash", whole.replace(b";", b"\\;")
    yield "quote-inside", whole[:100] + b'" "' + whole[100:]
    yield "escaped-quotes", whole[:100] + b'\\" \\"' + whole[100:]
    pem = b"-----BEGIN PUBLIC KEY-----" + key + b"-----END PUBLIC KEY-----"
    yield "armour", record(pem)
    yield "armour-begin", record(pem[:pem.index(b"-----END")])
    for size in (0, 1, 10, 100, len(key) - 8, len(key) - 4, len(key) - 1):
        yield f"cut-{size}", record(key[:size])
    for size in (16, 64, 200):
        yield f"cut-padded-{size}", record(text(spki[:size]))
    yield "without-start", record(key[4:])
    yield "blank-inside", record(key[:64] + b" " + key[64:128] + b"  " + key[128:])
    for what in (b"-", b"_", b"*", b".", b"=", b"\xc3\xa4", b"\0", b"\x7f", b"%"):
        yield "byte-" + what.hex(), record(key[:50] + what + key[51:])
    yield "urlsafe", record(key.replace(b"+", b"-").replace(b"/", b"_"))
    yield "byte-behind", record(text(spki + b"\0"))
    yield "bytes-behind", record(text(spki + b"trailing"))
    yield "two-keys", record(text(spki + spki))
    yield "hex", record(spki.hex().encode())
    yield "twice-encoded", record(text(key))
    yield "zeros", record(text(bytes(270)))
    yield "ec", record(keys["EC_P256"])
    yield "ec-named", record(keys["EC_P256"], b"v=DKIM1; k=ed25519; p=")
    yield "ed25519-as-rsa", record(keys["ED25519"])
    yield "ed25519-without-k", record(keys["ED25519"], b"v=DKIM1; p=")
    yield "rsa-as-ed25519", record(key, b"v=DKIM1; k=ed25519; p=")
    yield "ed25519-spki", record(keys["ED25519_SPKI"], b"v=DKIM1; k=ed25519; p=")
    yield "ed25519-spki-rsa", record(keys["ED25519_SPKI"])
    short = base64.b64decode(keys["ED25519"])
    for size in (0, 1, 31, 33, 64):
        data = (short + short)[:size]
        yield f"ed25519-{size}", record(text(data), b"v=DKIM1; k=ed25519; p=")
    even = der(0x30, integer(1 << 2047) + integer(65537))
    yield "even-modulus", record(text(even))
    negative = der(0x30, der(2, b"\xff" * 256) + integer(65537))
    yield "negative-modulus", record(text(negative))
    yield "no-exponent", record(text(der(0x30, integer(1 << 2047 | 1))))
    yield "long-form", record(text(b"\x30\x84\x00\x00\x01\x22" + spki[4:]))
    yield "other-oid", record(text(spki.replace(bytes.fromhex("2a864886f70d010101"),
                                                bytes.fromhex("2a864886f70d010102"))))
    yield "pss-oid", record(text(spki.replace(bytes.fromhex("2a864886f70d010101"),
                                              bytes.fromhex("2a864886f70d01010a"))))
    yield "pkcs1-cut", record(text(bare[:-5]))


def mutated(rng, count):
    """Records with one byte changed, taken out or put in, or two pieces exchanged."""
    bits = [1024, 2048]
    alphabet = b"ABCabc019+/=;: \"\\vkpt\t-\xe4"
    for number in range(count):
        whole = bytearray(record(text(rsa(rng.choice(bits), rng)[0])))
        if rng.random() < 0.3:
            whole += rng.choice([b"; t=y", b";", b"; s=email", b"; n=x"])
        at = rng.randrange(len(whole)) if rng.random() < 0.5 else rng.randrange(24)
        how = rng.choice(["change", "remove", "insert", "swap"])
        if how == "change":
            whole[at] = rng.choice(alphabet)
        elif how == "remove":
            del whole[at]
        elif how == "insert":
            whole.insert(at, rng.choice(alphabet))
        else:
            other = rng.randrange(len(whole))
            whole[at], whole[other] = whole[other], whole[at]
        yield f"mutated-{number}-{how}-{at}", bytes(whole)


def corpus():
    """[(name, records at the selector)]"""
    rng = random.Random(9989)
    rows = [(name, [data]) for make in (good_ones, bad_ones) for name, data in make(rng)]
    rows += [(name, [data]) for name, data in mutated(rng, 180)]
    one, two = (record(text(rsa(2048, rng)[0])) for _ in range(2))
    rows += [("several", [one, two]), ("several-and-words", [one, b"some words"]),
             ("several-revoked", [one, b"v=DKIM1; p="]), ("nothing", [])]
    return rows


# ---- the verdicts --------------------------------------------------------------------------------


def ours(mailaudit, domain, path, selectors):
    """{selector: (state, bits, what is wrong)}"""
    command = [mailaudit, "--check", "dkim", "--offline", "--zone", path, "--format", "json"]
    command += [word for s in selectors for word in ("--selector", s)]
    done = subprocess.run([*command, domain, "192.0.2.1"], capture_output=True, check=False)
    report = json.loads(done.stdout)
    wrong = {s: [] for s in selectors}
    for finding in report["findings"]:
        for subject in [finding["subject"], *finding["also"]]:
            selector = subject.split(".")[0]
            if selector in wrong and finding["severity"] != "pass":
                wrong[selector].append(finding["rule"].split(".")[1])
    rows = report["checks"]["dkim"]["keys"]
    keys = {row["selector"]: (row["state"], row["bits"]) for row in rows}
    return {s: (*keys[s], wrong[s]) for s in selectors}


def testkey(config, domain, selector):
    done = subprocess.run(["opendkim-testkey", "-x", config, "-d", domain, "-s", selector],
                          capture_output=True, check=False, timeout=60)
    said = done.stderr.decode(errors="replace").strip()
    return "ok" if done.returncode == 0 else said.rsplit("opendkim-testkey: ", 1)[-1] or "failed"


def dkimpy(library, data):
    """(what it says, bits)"""
    try:
        key, bits, _, _ = library.evaluate_pk("name", data)
        return ("ok", bits) if key is not None else ("refused", None)
    except Exception as error:  # pylint: disable=broad-exception-caught
        return f"{type(error).__name__}: {error}"[:60], None


def compare(rows, verdicts, answers, library):
    theirs = Comparison("opendkim-testkey", TESTKEY)
    python = Comparison("dkimpy", DKIMPY)
    for selector, (name, records) in rows.items():
        state, bits, wrong = verdicts[selector]
        usable = state in USABLE
        said = answers[selector]
        classes = [f"{'refuses' if usable else 'accepts'}:{rule}" for rule in wrong + [state]]
        if name.startswith("s-") and b":" in records[0]:
            classes.append("refuses:service")  # what we find nothing wrong with
        theirs.add(name, usable == (said == "ok"), classes, (state, wrong, said))
        if library is None or len(records) != 1:
            continue
        said, size = dkimpy(library, records[0])
        if usable and said == "ok" and size != bits:
            python.add(name, False, [f"bits:{rule}" for rule in wrong + [state]], (bits, size))
        else:
            python.add(name, usable == (said == "ok"), classes, (state, wrong, said))
    good = theirs.report()
    return (library is None or python.report()) and good


def main():
    mailaudit = str(pathlib.Path(sys.argv[1]).resolve())
    need("opendkim-testkey", "nsd")
    library = module("dkim")
    rows = {f"k{i:03}": row for i, row in enumerate(corpus())}
    selectors = sorted(rows)
    parts = [selectors[i:i + SELECTORS_MAX] for i in range(0, len(selectors), SELECTORS_MAX)]
    domains = {s: f"d{i}.test" for i, part in enumerate(parts) for s in part}
    with tempfile.TemporaryDirectory(prefix="mailaudit-keys-") as folder:
        verdicts, zones = {}, []
        for i, part in enumerate(parts):
            lines = [f"{s}._domainkey TXT {txt(data)}" for s in part for data in rows[s][1]]
            zones.append(zone(folder, f"d{i}.test", lines))
            verdicts.update(ours(mailaudit, f"d{i}.test", zones[-1], part))
        with nsd.Nsd(zones) as server:
            resolver = pathlib.Path(folder) / "unbound.conf"
            resolver.write_text(
                'server:\n do-not-query-localhost: no\n module-config: "iterator"\n'
                ' local-zone: "test." nodefault\nforward-zone:\n name: "."\n'
                f" forward-addr: {server.host}@{server.port}\n")
            config = pathlib.Path(folder) / "opendkim.conf"
            config.write_text(f"ResolverConfiguration {resolver}\n")
            with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
                said = pool.map(lambda s: testkey(config, domains[s], s), selectors)
                answers = dict(zip(selectors, said))
    print(f"{len(rows)} key records")
    return compare(rows, verdicts, answers, library)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
