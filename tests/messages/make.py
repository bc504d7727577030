#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the messages and zones of the case folders tests/cases/message-* and of
tests/torture/message, signed with the keys beside this file, and seeds for the fuzz target mail.
What it writes does not depend on the clock: run it again after a change, and then
tests/cases/run.py --update, and read what changed.

usage: make.py             write all
       make.py --check     is all as it would be written?
"""

import pathlib
import sys

from sign import crlf, public, sign, txt

TESTS = pathlib.Path(__file__).resolve().parent.parent
CASES, CORPUS = TESTS / "cases", TESTS / "fuzz" / "corpus" / "mail"
TORTURE = TESTS / "torture" / "message"
NOW = 1748736000  # tests/cases/run.py: 2025-06-01

FROM, TO = "From: Alice <alice@example.com>\n", "To: bob@example.net\n"
SUBJECT, DATE = "Subject: Lunch\n", "Date: Sat, 31 May 2025 10:00:00 +0000\n"
HEADER = FROM + TO + SUBJECT + DATE
BODY = "Are you hungry yet?\n\nAlice\n"


def received(address="192.0.47.10", helo="mail.example.com", by="mx.example.net", minute=1):
    return (f"Received: from {helo} ({helo} [{address}])\n\tby {by} (Postfix) with ESMTPS id 4F1A\n"
            f"\tfor <bob@example.net>; Sat, 31 May 2025 10:{minute:02}:00 +0000\n")


def came(sender="alice@example.com", *hops):
    return f"Return-Path: <{sender}>\n" + "".join(hops or (received(),))


def zone(origin, *lines):
    return (f"$ORIGIN {origin}.\n$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 300\n"
            "@ NS ns1\n" + "".join(line + "\n" for line in lines))


SPF = '@ TXT "v=spf1 ip4:192.0.47.10 -all"'
KEY = f"sel._domainkey TXT {txt(public('rsa'))}"
MX = "@ MX 10 mail"


def dmarc(policy="reject", more=""):
    return f'_dmarc TXT "v=DMARC1; p={policy}{more}"'


def example(*more, spf=SPF, key=KEY, record=None):
    lines = [line for line in (MX, spf, key, record or dmarc()) if line]
    return zone("example.com", *lines, *more)


def signed(header=HEADER, body=BODY, d="example.com", **tags):
    return sign(header, body, d, **tags)


OURS = {"example.com": example()}
LIST_HOP = received("192.0.43.7", "lists.example.org", minute=5)
LIST = zone("example.org", '@ TXT "v=spf1 ip4:192.0.43.7 -all"', MX)
ESP = zone("example.net", '@ TXT "v=spf1 ip4:192.0.46.5 -all"', KEY, MX)
ESP_HOP = received("192.0.46.5", "out.example.net")
FOOTER = "____\nlunch mailing list\nhttps://lists.example.org/lunch\n"
LISTED = "List-Id: Lunch <lunch.example.org>\nList-Post: <mailto:lunch@example.org>\n"
ONE_CLICK = ("List-Unsubscribe: <mailto:u@example.com>, <https://example.com/u?1>\n"
             "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n")
ALL = "From:From:To:Subject:Date"

# name: (header, body, {origin: zone}, arguments)
CASES_MADE = {
    "good": (came() + signed(h=ALL), BODY, OURS, ""),
    "ed25519": (came() + signed(key="ed25519", s="ed", h=ALL), BODY, {"example.com": example(
        key=f"ed._domainkey TXT {txt(public('ed25519'))}")}, ""),
    "forwarded": (came("alice@example.com", received("192.0.43.9", "fwd.example.org", minute=3),
                       received(by="fwd.example.org")) + signed(h=ALL), BODY, OURS, ""),
    "inner-hops": (came("alice@example.com",
                        received("10.0.0.3", "edge.internal", "store.internal", 3),
                        received("127.0.0.1", "localhost", "edge.internal", 2), received())
                   + signed(h=ALL), BODY, OURS, ""),
    # as Exchange Online stores it: its own hosts on top, by IPv6; addresses without brackets
    "inner-hops-v6": (
        "Received: from DU2P.eurp.example.org (2603:10a6:10::19)\n by AM0P.eurp.example.org with"
        " HTTPS; Sat, 31 May 2025 10:01:03 +0000\n"
        "Received: from mail.example.com (192.0.47.10)\n by AM7E.mail.example.org (10.233.255.1)"
        " with Microsoft SMTP Server\n (version=TLS1_3) id 15.20.1;"
        " Sat, 31 May 2025 10:01:01 +0000\n"
        "Authentication-Results: spf=pass (sender IP is 192.0.47.10)\n"
        " smtp.mailfrom=example.com; dkim=pass (signature was verified)\n"
        " header.d=example.com;dmarc=pass action=none\n header.from=example.com;compauth=pass"
        " reason=100\nReturn-Path: alice@example.com\n" + signed(h=ALL), BODY, OURS, ""),
    "footer": (came("lunch-bounces@example.org", LIST_HOP, received(by="lists.example.org"))
               + "ARC-Authentication-Results: i=1; lists.example.org;\n"
               "\tdkim=pass header.d=example.com\n"
               + LISTED + signed(h=ALL), BODY + FOOTER, {**OURS, "example.org": LIST}, ""),
    "body-changed": (came("alice@example.com", LIST_HOP) + signed(h=ALL),
                     BODY.replace("yet", "now"), OURS, ""),
    "header-changed": (came("alice@example.com", LIST_HOP)
                       + signed(h=ALL).replace("To: bob", "To: lunch"), BODY, OURS, ""),
    "subject-changed": (came("alice@example.com", LIST_HOP) + LISTED
                        + signed().replace("Subject: L", "Subject: [lunch] L"), BODY + FOOTER,
                        OURS, ""),
    "all-changed": (came("alice@example.com", LIST_HOP)
                    + signed().replace("Subject: L", "Subject: l"), BODY + FOOTER,
                    {"example.com": example(record=dmarc("quarantine"))}, ""),
    "expired": (came() + signed(t=1748600000, x=1748680000, h=ALL), BODY, OURS, ""),
    "expired-since": (came() + signed(t=1748600000, x=1748690000, h=ALL), BODY, OURS, ""),
    "future": (came() + signed(t=1748690000, h=ALL), BODY, OURS, ""),
    "sha1": (came() + signed(digest="sha1"), BODY, OURS, ""),
    "tail": (came() + signed(l=True, h=ALL), BODY + "PS: send money\n", OURS, ""),
    "length": (came() + signed(l=True, h=ALL), BODY, OURS, ""),
    "from-unsigned": (came() + signed(h="To:Subject:Date"), BODY, OURS, ""),
    "subject-unsigned": (came() + signed(h="From:From:To:Date"), BODY, OURS, ""),
    "several-from": (came() + "From: ceo@example.com\n" + signed(), BODY, OURS, ""),
    "several-authors": (came() + signed(HEADER.replace(
        "alice@example.com>", "alice@example.com>, carol@example.org"), h=ALL), BODY,
        {**OURS, "example.org": LIST}, ""),
    "no-author": (came() + TO + SUBJECT, BODY, OURS, ""),
    "bad-author": ("From: nobody\n" + TO + SUBJECT, BODY, OURS, ""),
    "unsigned": (came() + HEADER, BODY, OURS, ""),
    "key-unknown": (came("alice@example.com", LIST_HOP) + signed(h=ALL, d="dkim.example.org"), BODY,
                    OURS, ""),
    "no-key": (came() + signed(s="old"), BODY, OURS, ""),
    "revoked-key": (came() + signed(), BODY, {"example.com": example(
        key='sel._domainkey TXT "v=DKIM1; p="')}, ""),
    "testing-key": (came() + signed(key="rsa1024", h=ALL), BODY, {"example.com": example(
        key=f"sel._domainkey TXT {txt(public('rsa1024') + '; t=y')}")}, ""),
    "several-signatures": (came() + signed(signed(signed(d="example.net"), key="ed25519", s="ed",
                                                  h=ALL), s="old"), BODY, {
        "example.com": example(f"ed._domainkey TXT {txt(public('ed25519'))}"),
        "example.net": ESP}, ""),
    "many-signatures": (came() + 9 * signed().replace(crlf(HEADER), "")
                        + signed(h=ALL), BODY, OURS, ""),
    "null-sender": (came("") + signed(h=ALL), BODY, {"example.com": example(
        'mail TXT "v=spf1 ip4:192.0.47.10 -all"')}, ""),
    "results-differ": (came().replace("Received", "Authentication-Results: mx.example.net;\n"
                       "\tdkim=fail (bad signature) header.d=example.com header.s=sel;\n"
                       "\tspf=pass smtp.mailfrom=alice@example.com;\n"
                       "\tdmarc=pass (p=reject) header.from=example.com\n"
                       "ARC-Authentication-Results: i=1; fwd.example.org; dkim=none\nReceived", 1)
                       + signed(h=ALL), BODY, OURS, ""),
    "one-click": (came() + signed(ONE_CLICK + HEADER,
                                  h=ALL + ":List-Unsubscribe:List-Unsubscribe-Post"), BODY, OURS,
                  ""),
    "one-click-unsigned": (came() + ONE_CLICK + signed(h=ALL), BODY, OURS, ""),
    "one-click-unknown": (came() + signed(ONE_CLICK + HEADER, d="example.org",
                                          h=ALL + ":List-Unsubscribe:List-Unsubscribe-Post"), BODY,
                          OURS, ""),
    "one-click-missing": (came() + signed("List-Unsubscribe: <mailto:u@example.com>\n" + HEADER,
                                          h=ALL + ":List-Unsubscribe"), BODY, OURS, ""),
    "other-domain": (came("b@example.net", ESP_HOP) + signed(d="example.net", h=ALL), BODY,
                     {**OURS, "example.net": ESP}, ""),
    "aligned-relaxed": (came("b@bounce.example.com") + signed(d="mail.example.com", h=ALL), BODY, {
        "example.com": example(f"sel._domainkey.mail TXT {txt(public('rsa'))}",
                               'bounce TXT "v=spf1 ip4:192.0.47.10 -all"')}, ""),
    "aligned-strict": (came("b@bounce.example.com") + signed(d="mail.example.com", h=ALL), BODY, {
        "example.com": example(f"sel._domainkey.mail TXT {txt(public('rsa'))}",
                               'bounce TXT "v=spf1 ip4:192.0.47.10 -all"',
                               record=dmarc("reject", "; adkim=s; aspf=s"))}, ""),
    "readings-differ": (came("b@example.com") + signed(HEADER.replace(
        "alice@example.com", "alice@dept.example.com"), h=ALL), BODY, {"example.com": example(
            '_dmarc.dept TXT "v=DMARC1; p=reject; psd=n"', "dept MX 10 mail")}, ""),
    "test-mode": (came("alice@example.com", LIST_HOP) + HEADER, BODY, {"example.com": example(
        record=dmarc("reject", "; t=y; pct=20"))}, ""),
    "dmarc-none": (came("alice@example.com", LIST_HOP) + HEADER, BODY, {"example.com": example(
        record=dmarc("none"))}, ""),
    "nobody-vouches": (came("alice@example.com", LIST_HOP) + HEADER, BODY, {
        "example.com": zone("example.com", MX, SPF), "com": zone("com", "example NS ns1")}, ""),
    "authenticated": (came() + signed(h=ALL), BODY, {
        "example.com": zone("example.com", MX, SPF, KEY), "com": zone("com", "example NS ns1")},
        ""),
    "no-envelope": (signed(h=ALL), BODY, OURS, ""),
    "no-envelope-unsigned": (HEADER, BODY, OURS, ""),
    "address-given": (signed(h=ALL), BODY, OURS,
                      "192.0.47.10 --sender a@example.com --helo mail.example.com"),
    "bad-identity": (came() + signed(h=ALL, i="alice@example.org"), BODY, OURS, ""),
    "duplicate-tag": (came() + signed(h=ALL).replace("s=sel;", "s=sel; s=sel;"), BODY, OURS, ""),
    "not-checked": (came() + signed(h=ALL + ":DKIM-Signature"), BODY, OURS, ""),
    "spf-servfail": (came("a@elsewhere.example") + HEADER, BODY, OURS, ""),
}


# seeds that the cases do not have: {name: (header, body)}
SEEDS = {
    "simple": (signed(c="simple/simple"), BODY + "\n\n"),
    "simple-relaxed": (signed(c="simple/relaxed"), BODY),
    "relaxed-simple": (signed(c="relaxed/simple"), "a  b \t\n\n\n"),
    "no-body": (signed(body=""), ""),
    "no-body-simple": (signed(body="", c="simple/simple"), ""),
    "length-none": (signed(l=0), BODY),
    "length-part": (signed(l=7), BODY),
    "length-long": (signed(l=4000), BODY),
    "identity": (signed(i="a@sub.example.com"), BODY),
    "identity-other": (signed(i="@example.org"), BODY),
    "folded": (signed("Subject: a\n\tb\n  c\nFrom: a@b\n"), BODY),
    "times": (signed(t=1, x=2, z="From:a|To:b"), BODY),
    "missing-fields": (signed(h="From:Sender:Reply-To:Cc:From:From"), BODY),
    "query": (signed(q="dns/txt", n="note"), BODY),
}
FROM_CASES = ("good", "footer", "sha1", "tail", "several-from", "several-signatures",
              "results-differ", "one-click", "subject-changed", "not-checked")


def mail(header, body):
    return (header + "\n" + body).replace("\r\n", "\n")


def case_files(name):
    header, body, zones, args = CASES_MADE[name]
    folder = CASES / f"message-{name}"
    yield folder / "mail.eml", mail(header, body)
    yield folder / "args", f"message mail.eml{' ' * bool(args)}{args} --offline\n"
    for origin, text in (zones or {}).items():
        yield folder / f"{origin}.zone", text


# an audit in which much has to be asked, for tests/torture: two signatures, one of them relaxed
TORTURED = (came("b@bounce.example.com") + ONE_CLICK + signed(signed(HEADER.replace(
    "alice@example.com", "alice@dept.example.com"), d="mail.example.com", h=ALL), d="example.net",
    h=ALL), BODY, {
        "example.com": example(f"sel._domainkey.mail TXT {txt(public('rsa'))}",
                               'bounce TXT "v=spf1 include:spf.example.net -all"',
                               "dept MX 10 mail", record=dmarc("reject", "; sp=quarantine; psd=n")),
        "example.net": zone("example.net", 'spf TXT "v=spf1 ip4:192.0.47.10 -all"', KEY, MX),
        "com": zone("com", "example NS ns1"), "net": zone("net", "example NS ns1")})


def torture_files():
    header, body, zones = TORTURED
    yield TORTURE / "mail.eml", mail(header, body)
    yield TORTURE / "args", "message {folder}/mail.eml\n"
    for origin, text in zones.items():
        yield TORTURE / f"{origin}.zone", text


def seeds():
    made = {name: CASES_MADE[name][:2] for name in FROM_CASES} | SEEDS
    for name, (header, body) in made.items():
        yield CORPUS / name, public("rsa") + "\n" + mail(header, body)


def main():
    stale = False
    cases = [f for name in CASES_MADE for f in case_files(name)]
    for path, text in cases + list(seeds()) + list(torture_files()):
        if sys.argv[1:] != ["--check"]:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        elif not path.exists() or path.read_bytes() != text.encode():
            stale = True
            print(f"{path}: not as it would be written")
    return 1 if stale else 0


sys.exit(main())
