#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""DKIM signatures verified by us, by opendkim-testmsg and by dkimpy: messages signed here with
fixed keys and then changed. What we say must be what is written beside each message; where the
others say otherwise, the reason is below.

usage: messages.py VERIFYMAIL      VERIFYMAIL: the program of verifymail.c
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from common import Comparison, ask_here, enter, module, need, txt, zone
from signer import Message, record, relaxed_body, sign, simple_body

import nsd

NOW = 1790000000  # between the signatures' times, as the others' clock is
PAST, FUTURE = "1700003600", "3900000000"
TESTMSG = {
    "second-subject-on-top": "it takes no message with two subjects, whatever the signature says",
    "second From on top": "nor one with two From fields",
    "second From on top, relaxed": "the same",
    "rsa-sha1": "RFC 8301 forbids it, libopendkim still takes it",
    "x= in the past": "expired: we say so, and whether the signature was good",
    "t= in the future": "not yet made: the same",
    "h= with an empty name": "it skips the empty name, which RFC 6376 3.5 does not allow",
    "d= no name": "it takes the blank out of the name before it asks",
    "key kinds": "it takes k=ed25519 with the key of rsa: it does not compare them",
    "q= with dns:dns/txt": "it refuses a list with a kind of dns that it does not know; RFC 6376"
                           " 3.5 has it skipped",
    "q= with dns/other:dns/txt": "the same",
    "key duplicate": "it takes one of the two tags; RFC 6376 3.2 makes the whole key invalid",
}
DKIMPY = {
    "blank-before-colon": "it takes no message with such a field; RFC 5322 4.5 does",
    "rsa-sha1": "RFC 8301 forbids it, it is still taken",
    "sha1 below good": "the same",
    "x= in the past": "expired: we say so, and whether the signature was good",
    "t= in the future": "not yet made: the same",
    "l= beyond the end": "it takes what is there; RFC 6376 3.5: no more than the body",
    "l= of 30 digits": "the same",
    "t=s, i= below": "it does not look at t= of the key",
    "h= without From": "RFC 6376 5.4 wants From to be signed; it does not ask for it",
    "h= empty": "the same",
    "h= with an empty name": "it skips the empty name, which RFC 6376 3.5 does not allow",
    "second From on top": "it takes From for signed once more than h= says",
    "second From on top, relaxed": "the same",
    "q=dns/txt:other": "it does not take q= apart at colons",
    "q= with other : dns/txt": "the same",
    "q= with dns:dns/txt": "the same",
    "q= with dns/other:dns/txt": "the same",
    "q= with dns/txt::": "the same",
    "key sha1": "it does not look at h= of the key",
    "semicolon at the end, simple": "it drops the blank behind it, which simple keeps",
    "key twice": "it takes the first of several records",
}

BASE = Message([
    (b"Received", b" from a.example.test by b.example.net; Mon, 1 Sep 2025 10:00:00 +0000"),
    (b"From", b" Alice <alice@example.test>"),
    (b"To", b" Bob <bob@example.net>"),
    (b"Subject", b" a  test\t of blanks"),
    (b"Date", b" Mon, 1 Sep 2025 10:00:00 +0000"),
    (b"Message-ID", b" <1@example.test>"),
    (b"X-Folded", b" one\r\n\ttwo"),
    (b"X-Empty", b""),
], b"Hello  Bob,\r\n\r\nthis is a test. \r\n-- \r\nAlice\r\n")

# ---- keys ----------------------------------------------------------------------------------------


def keys():
    """{selector: records}, all below example.test."""
    rsa, edwards = record("rsa2048"), record("ed25519")
    data = rsa[rsa.index(b"p="):]
    return {
        "rsa": [rsa], "ed": [edwards], "weak": [record("rsa1024")], "short": [record("rsa512")],
        "other": [record("rsa1024")], "testing": [b"v=DKIM1; t=y; " + data],
        "strict": [b"v=DKIM1; t=s; " + data], "sha1": [b"v=DKIM1; h=sha1; " + data],
        "service": [b"v=DKIM1; s=other; " + data], "revoked": [b"v=DKIM1; p="],
        "words": [b"these are words"], "twice": [rsa, record("rsa1024")],
        "nothing": [], "version": [b"v=DKIM2; " + data], "cut": [rsa[:-40]],
        "bare": [data], "email": [b"v=DKIM1; s=email; h=sha256:sha1; " + data],
        "kinds": [b"v=DKIM1; k=ed25519; " + data], "duplicate": [rsa + b"; " + data]}


# ---- messages ------------------------------------------------------------------------------------


def field(message, name, change):
    """A copy with one field's value changed, the first of that name."""
    out = message.copy()
    at = next(i for i, (n, _) in enumerate(out.fields) if n == name)
    new_name, value = out.fields[at]
    out.fields[at] = (new_name, change(value))
    return out


def body(message, change):
    return Message(message.fields, change(message.body))


def add(message, name, value, at=1):
    out = message.copy()
    out.fields.insert(at, (name, value))
    return out


def without(message, name):
    return Message([(n, v) for n, v in message.fields if n != name], message.body)


def renamed(message, name, new):
    return Message([(new if n == name else n, v) for n, v in message.fields], message.body)


# What may happen on the way: what is left of a signature that is relaxed or simple, for header and
# body. "h" and "b": passes in relaxed form only; "-": passes in both; "x": in none.
ON_THE_WAY = [
    ("nothing", "-", lambda m: m),
    ("trailing-lines", "-", lambda m: body(m, lambda b: b + b"\r\n\r\n")),
    ("blank-at-line-end", "b", lambda m: body(m, lambda b: b.replace(b"test. ", b"test.\t  "))),
    ("blanks-inside", "b", lambda m: body(m, lambda b: b.replace(b"Hello  ", b"Hello "))),
    ("blank-at-line-start", "x", lambda m: body(m, lambda b: b.replace(b"this", b" this"))),
    ("line-added", "x", lambda m: body(m, lambda b: b + b"a footer\r\n")),
    ("word-changed", "x", lambda m: body(m, lambda b: b.replace(b"test", b"jest"))),
    ("line-removed", "x", lambda m: body(m, lambda b: b.replace(b"\r\n\r\n", b"\r\n"))),
    ("no-end-of-line", "-", lambda m: body(m, lambda b: b[:-2])),
    ("no-body", "x", lambda m: body(m, lambda b: b"")),
    ("folded", "h", lambda m: field(m, b"To", lambda v: v.replace(b" <", b"\r\n <"))),
    ("blanks-in-subject", "h", lambda m: field(m, b"Subject", lambda v: b" a test of   blanks ")),
    ("name-in-capitals", "h", lambda m: renamed(m, b"Subject", b"SUBJECT")),
    ("blank-before-colon", "h", lambda m: renamed(m, b"Subject", b"Subject ")),
    ("no-blank-behind-colon", "h", lambda m: field(m, b"To", lambda v: v[1:])),
    ("subject-changed", "x", lambda m: field(m, b"Subject", lambda v: b" [list]" + v)),
    ("to-removed", "x", lambda m: without(m, b"To")),
    ("unsigned-field", "-", lambda m: add(m, b"X-Spam", b" no", 0)),
    ("unsigned-changed", "-", lambda m: field(m, b"X-Folded", lambda v: b" three")),
    ("second-subject-on-top", "-", lambda m: add(m, b"Subject", b" another")),
    ("second-subject-below", "x", lambda m: add(m, b"Subject", b" another", len(m.fields))),
    ("order", "-", lambda m: Message([m.fields[0]] + m.fields[:0:-1], m.body)),
]


def passed_on():
    for head in ("relaxed", "simple"):
        for tail in ("relaxed", "simple"):
            for name, kept, change in ON_THE_WAY:
                good = kept == "-" or (kept == "h" and head == "relaxed") or \
                    (kept == "b" and tail == "relaxed")
                signed = sign(BASE, c=f"{head}/{tail}")
                yield f"{head}/{tail} {name}", change(signed), ["pass" if good else "fail"]


def signatures():
    """What the signature itself says."""
    def case(name, result, *, message=BASE, after=None, **tags):
        signed = sign(message, **tags)
        return name, after(signed) if after else signed, [result]

    def text(change):
        return lambda m: Message([(m.fields[0][0], change(m.fields[0][1]))] + m.fields[1:], m.body)

    yield case("ed25519", "pass", key="ed25519", a="ed25519-sha256", s="ed")
    yield case("ed25519 changed", "fail", key="ed25519", a="ed25519-sha256", s="ed",
               after=lambda m: field(m, b"Subject", lambda v: v + b"!"))
    yield case("rsa-sha1", "permerror", a="rsa-sha1")
    yield case("rsa-sha1 with another key", "permerror", a="rsa-sha1", s="other")
    yield case("rsa-sha512", "permerror", a="rsa-sha512")
    yield case("a=RSA-SHA256", "permerror", after=text(lambda v: v.replace(b"rsa-sha", b"RSA-SHA")))
    yield case("no a=", "permerror", a=None)
    for tag in ("v", "d", "s", "h"):
        yield case(f"no {tag}=", "permerror", **{tag: None})
    yield case("no bh=", "permerror", bh=None)
    yield case("v=2", "permerror", v="2")
    yield case("c= left out", "pass", c=None)
    yield case("c=relaxed", "pass", c="relaxed")
    yield case("c=simple", "pass", c="simple")
    yield case("c=nowsp", "permerror", c="nowsp")
    yield case("c=relaxed/other", "permerror", c="relaxed/other")
    yield case("t= and x= in the future", "pass", x=FUTURE)
    yield case("x= in the past", "pass", x=PAST)
    yield case("x= before t=", "permerror", t=PAST, x="1700000000")
    yield case("t= in the future", "pass", t=FUTURE)
    yield case("t= no number", "permerror", t="yesterday")
    yield case("no t=", "pass", t=None)
    size = len(relaxed_body(BASE.body))
    yield case("l= whole", "pass", length=size)
    yield case("l= whole, footer", "pass", length=size,
               after=lambda m: body(m, lambda b: b + b"a footer\r\n"))
    yield case("l=0", "pass", length=0)
    yield case("l= part", "pass", length=10)
    yield case("l= part, changed before it", "fail", length=10,
               after=lambda m: body(m, lambda b: b"J" + b[1:]))
    yield case("l= beyond the end", "fail", l=str(size + 100))
    yield case("l= no number", "permerror", l="all")
    yield case("l= negative", "permerror", l="-1")
    yield case("l= of 30 digits", "permerror", l="1" * 30)
    yield case("bh= of something else", "fail", bh="A" * 43 + "=")
    yield case("bh= too short", "fail", bh="AAAA")
    yield case("bh= no base64", "permerror", bh="!" * 44)
    yield case("b= changed", "fail", after=text(lambda v: v[:-20] + b"AAAA" + v[-16:]))
    yield case("b= cut", "fail", after=text(lambda v: v[:-8]))
    yield case("b= too short", "fail", after=text(lambda v: v[:v.index(b"\tb=") + 3] + b"AAAA"))
    yield case("b= empty", "permerror", after=text(lambda v: v[:v.index(b"\tb=") + 3]))
    yield case("b= unfolded", "pass", after=text(lambda v: re.sub(rb"\r\n\t ", b"", v)))
    yield case("b= no base64", "permerror", after=text(lambda v: v[:-4] + b"*==="))
    yield case("i= of the domain", "pass", i="alice@example.test")
    yield case("i= without user", "pass", i="@example.test")
    yield case("i= below", "pass", i="@news.example.test")
    yield case("i= in capitals", "pass", i="@Example.TEST")
    yield case("i= of another", "permerror", i="alice@example.net")
    yield case("i= of a like name", "permerror", i="@notexample.test")
    yield case("i= without @", "permerror", i="example.test")
    yield case("t=s, i= below", "permerror", s="strict", i="@news.example.test")
    yield case("t=s, i= of the domain", "pass", s="strict", i="@example.test")
    yield case("h= without From", "permerror", h="to:subject")
    yield case("h= in capitals", "pass", h="FROM:TO:SUBJECT")
    yield case("h= with blanks", "pass", h="from : to :\r\n\t subject")
    yield case("h= oversigned", "pass", h="from:from:subject:subject:to")
    yield case("h= oversigned, second From", "fail", h="from:from:to",
               after=lambda m: add(m, b"From", b" Mallory <m@example.net>"))
    yield case("h= oversigned, second Subject", "fail", h="from:subject:subject",
               after=lambda m: add(m, b"Subject", b" another"))
    yield case("second From on top", "pass",
               after=lambda m: add(m, b"From", b" Mallory <m@example.net>"))
    yield case("second From on top, relaxed", "pass", h="from",
               after=lambda m: add(m, b"From", b" Mallory <m@example.net>"))
    yield case("h= of what is not there", "pass", h="from:reply-to:cc")
    yield case("h= of what comes later", "fail", h="from:reply-to",
               after=lambda m: add(m, b"Reply-To", b" m@example.net"))
    yield case("h= empty", "permerror", h="")
    yield case("h= with an empty name", "permerror", h="from::to")
    yield case("h= twice the same", "pass", h="from:to:to")
    yield case("h= of an empty field", "pass", h="from:x-empty:x-folded")
    yield case("d= in capitals", "pass", d="EXAMPLE.Test")
    yield case("d= of another", "permerror", d="example.net")
    yield case("d= no name", "permerror", d="exam ple.test")
    yield case("s= in capitals", "pass", s="RSA")
    yield case("q=dns/txt", "pass", q="dns/txt")
    yield case("q=http", "permerror", q="http/well-known")
    yield case("q=dns", "permerror", q="dns")
    yield case("q=dns/txt:other", "pass", q="dns/txt:other")
    for queries in ("other : dns/txt", "dns:dns/txt", "dns/other:dns/txt", "dns/txt::"):
        yield case("q= with " + queries, "pass", q=queries)
    yield case("z= copies", "pass", z="From:alice=40example.test|Subject:a")
    yield case("unknown tag", "pass", zz="1")
    yield case("tag twice", "permerror", after=text(lambda v: b" v=1;" + v))
    yield case("no equals", "permerror", after=text(lambda v: b" word;" + v))
    yield case("semicolon at the end", "pass", end=b";")
    yield case("semicolon at the end, simple", "pass", end=b"; ", c="simple/simple")
    yield case("semicolon added", "fail", after=text(lambda v: v + b";"))
    yield case("name in small letters", "pass", header=b"dkim-signature")
    yield case("name in small letters, simple", "pass", header=b"dkim-signature", c="simple/simple")
    yield case("weak key", "pass", key="rsa1024", s="weak")
    yield case("short key", "permerror", key="rsa512", s="short")


def lookups():
    """What the key says."""
    for selector, result in [
            ("testing", "pass"), ("bare", "pass"), ("email", "pass"), ("sha1", "permerror"),
            ("service", "permerror"), ("revoked", "permerror"), ("words", "permerror"),
            ("twice", "permerror"), ("nothing", "permerror"), ("absent", "permerror"),
            ("version", "permerror"), ("cut", "permerror"), ("kinds", "permerror"),
            ("duplicate", "permerror"), ("other", "fail"), ("ed", "permerror")]:
        yield f"key {selector}", sign(BASE, s=selector), [result]
    yield "key rsa, a=ed25519", sign(BASE, key="ed25519", a="ed25519-sha256"), ["permerror"]


def several():
    """More than one signature; the topmost is the last one made."""
    good = sign(BASE)
    yield "two good", sign(good, key="ed25519", a="ed25519-sha256", s="ed"), ["pass", "pass"]
    yield "good above bad", sign(sign(BASE, bh="A" * 43 + "=")), ["pass", "fail"]
    yield "bad above good", sign(good, bh="A" * 43 + "="), ["fail", "pass"]
    yield "unknown above good", sign(good, a="rsa-sha512"), ["permerror", "pass"]
    yield "sha1 below good", sign(sign(BASE, a="rsa-sha1")), ["pass", "permerror"]
    yield "no key above good", sign(good, s="absent"), ["permerror", "pass"]
    yield "none", BASE, []
    nine = BASE
    for _ in range(9):
        nine = sign(nine)
    yield "nine", nine, ["pass"] * 8  # the ninth is over our bound


def odd():
    """Odd messages, well signed."""
    def signed(name, fields, text, result="pass", **tags):
        return name, sign(Message(BASE.fields + fields, text), **tags), [result]

    for canon in ("relaxed/relaxed", "simple/simple"):
        yield signed(f"empty body {canon}", [], b"", c=canon)
        yield signed(f"only line ends {canon}", [], b"\r\n\r\n\r\n", c=canon)
        yield signed(f"only blanks {canon}", [], b"  \r\n \t\r\n", c=canon)
        yield signed(f"no line end {canon}", [], b"no end", c=canon)
        yield signed(f"8 bits {canon}", [(b"X-A", " gr\u00fc\u00dfe".encode())], b"\xe4\xff\r\n",
                     c=canon, h="from:x-a")
        yield signed(f"dots {canon}", [], b".\r\n..\r\n.a\r\n", c=canon)
        yield signed(f"long line {canon}", [], b"a" * 5000 + b"\r\n", c=canon)
        yield signed(f"large body {canon}", [], b"0123456789 \r\n" * 20000, c=canon)
        yield signed(f"blanks at a field's end {canon}", [(b"X-B", b" a \t ")], b"x\r\n", c=canon,
                     h="from:x-b")
        yield signed(f"field of folds {canon}", [(b"X-C", b"\r\n a\r\n\tb\r\n  c")], b"x\r\n",
                     c=canon, h="from:x-c")
        yield signed(f"many fields {canon}", [(b"X-D", b" %d" % i) for i in range(300)], b"x\r\n",
                     c=canon, h="from:" + ":".join(["x-d"] * 200))


def corpus():
    for make in (passed_on, signatures, lookups, several, odd):
        yield from make()


# ---- verdicts ------------------------------------------------------------------------------------


def ours(program, path, message):
    done = subprocess.run([program, str(NOW), path], input=message.bytes(), capture_output=True,
                          check=False, timeout=60)
    if done.returncode != 0:
        return [f"failed: {done.stderr.decode()}"]
    return [line.split()[0] for line in done.stdout.decode().splitlines()]


def testmsg(message):
    done = subprocess.run(["opendkim-testmsg"], input=message.bytes(), capture_output=True,
                          check=False, timeout=60)
    if done.returncode < 0:
        return f"died of signal {-done.returncode}"
    return "pass" if done.returncode == 0 else done.stderr.decode().strip().split(": ", 1)[-1]


def dkimpy(library, records, message, count):
    """The result of each signature, the topmost first."""
    def ask(name, timeout=5):  # pylint: disable=unused-argument
        found = records.get(name.decode().lower().rstrip("."), [])
        return found[0] if found else None

    results = []
    for index in range(count):
        try:
            good = library.DKIM(message.bytes()).verify(idx=index, dnsfunc=ask)
            results.append("pass" if good else "fail")
        except Exception as error:  # pylint: disable=broad-exception-caught
            results.append(f"{type(error).__name__}: {error}"[:70])
    return results


def compare(rows, program, library, path, records):
    """Whether we say what is due."""
    theirs = Comparison("opendkim-testmsg", TESTMSG)
    python = Comparison("dkimpy", DKIMPY)
    wrong = 0
    for name, message, due in rows:
        found = ours(program, path, message)
        if found != due:
            wrong += 1
            print(f"WRONG: {name}: {found}, due is {due}")
        said = testmsg(message)
        what = re.sub("^(relaxed|simple)/(relaxed|simple) ", "", name)
        theirs.add(name, ("pass" in due) == (said == "pass"), [what], (due, said))
        if library is None:
            continue
        results = dkimpy(library, records, message, len(due))
        same = [d == "pass" for d in due] == [r == "pass" for r in results]
        python.add(name, same, [what], (due, results))
    print(f"{len(rows)} messages, {wrong} wrong")
    good = theirs.report()
    return (library is None or python.report()) and good and wrong == 0


def main():
    need("opendkim-testmsg", "openssl", "nsd")
    enter()
    with tempfile.TemporaryDirectory(prefix="mailaudit-dkim-") as folder:
        ask_here(folder)
        library = module("dkim")
        records = {f"{s}._domainkey.example.test": list(r) for s, r in keys().items()}
        lines = [f"{s}._domainkey TXT {txt(r)}" for s, found in keys().items() for r in found]
        path = pathlib.Path(folder) / "keys"
        path.write_bytes(b"".join(name.encode() + b" " + r + b"\n"
                                  for name, found in records.items() for r in found))
        rows = list(corpus())
        with nsd.Nsd([zone(folder, "example.test", lines + ["nothing._domainkey A 127.0.0.1"])],
                     port=53):
            return compare(rows, sys.argv[1], library, path, records)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
