#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What we read in DMARC records beside what opendmarc-check reads: a corpus made here, the same in
every run, served by an nsd in a namespace of its own. Every difference must be one that is
explained below.

usage: policies.py RECORDS      RECORDS: the program of records.c
"""
import random
import re
import subprocess
import sys
import tempfile

from common import Comparison, ask_here, enter, need, txt, zone

import nsd

# The faults that our parser knows, in the order of its header.
FAULTS = """syntax no-semicolon duplicate-tag no-p bad-policy bad-value bad-uri empty-tag tag-case
    historic pct-part size-limit other-scheme many-uris unknown-tag""".split()
MISSES = "not quotes typography blank late semicolon case version no-v".split()
FIELDS = ("record", "p", "sp", "adkim", "aspf", "pct", "rua", "ruf")
REASONS = {
    "record:accepts:none:late": "it takes v= anywhere in the record; RFC 9989 4.7: it comes first",
    "record:accepts:none:blank": "it skips blanks before v=, which RFC 9989 4.8 does not allow",
    "record:accepts:none:quotes": "it takes a quote for a part of a tag's name and drops the tag",
    "record:refuses:tag-case": "it compares v= as it is; RFC 9989 4.8 allows V=, and we warn",
    "record:refuses:good": "it takes no blanks around = in 'v = DMARC1'; RFC 9989 4.8 does",
    "record:accepts:bad-policy": "it takes any beginning of a word ('r' is reject), skips an empty"
                                 " sp= and knows no np=; without rua=, RFC 9989 4.10.1 drops these",
    "record:refuses:bad-policy": "it drops the record; with rua=, RFC 9989 4.10.1 makes it p=none",
    "p:bad-policy": "beginnings of words and unknown np= as above, where RFC 9989 makes it p=none",
    "sp:bad-policy": "the same",
    "record:refuses:no-p": "it wants p=; with rua=, RFC 9989 4.10.1 makes it p=none",
    "record:refuses:syntax": "the same, where the policy is lost with its '='",
    "record:refuses:bad-value": "it drops a record with a value that it does not know; RFC 9989 4.7"
                                " uses the tag's default",
    "adkim:bad-value": "it looks at the beginning: 'strict' is s to it",
    "aspf:bad-value": "the same",
    "pct:bad-value": "it reads the digits in front and takes 0 where there are none",
    "record:refuses:historic": "it drops a record for its rf= or ri=, which say nothing any more",
    "aspf:historic": "it writes rf=iodef over aspf=",
    "record:refuses:bad-uri": "it drops a record for an empty item of rua=; we leave it out",
    "rua:bad-uri": "it takes anything for a URI, without its blanks",
    "ruf:bad-uri": "the same",
    "rua:size-limit": "it prints the size limit as a part of the address",
    "ruf:size-limit": "the same",
    "rua:many-uris": "we keep eight addresses",
    "p:duplicate-tag": "it takes the last of two tags, we the first: we warn that they differ",
    "sp:duplicate-tag": "the same",
    "adkim:duplicate-tag": "the same",
    "record:refuses:duplicate-tag": "it drops a record with two rua=",
    "rua:no-semicolon": "it takes the second tag for a part of the address",
    "record:refuses:no-semicolon": "it drops a record whose adkim= or aspf= runs on",
    "pct:no-semicolon": "it reads the digits in front; we use the default",
}

# ---- the corpus ----------------------------------------------------------------------------------


def well_formed():
    """Records that nothing, or only something historic, is wrong with."""
    for p in ("none", "quarantine", "reject"):
        yield f"v=DMARC1; p={p}"
        for sp in ("none", "quarantine", "reject"):
            yield f"v=DMARC1; p={p}; sp={sp}"
            yield f"v=DMARC1; p={p}; np={sp}"
            yield f"v=DMARC1; p={p}; sp=none; np={sp}; rua=mailto:a@x.test"
    for adkim in "rs":
        for aspf in "rs":
            yield f"v=DMARC1; p=reject; adkim={adkim}; aspf={aspf}"
            yield f"v=DMARC1; p=none; aspf={aspf}; adkim={adkim}; rua=mailto:dmarc@x.test"
    for fo in ("0", "1", "d", "s", "0:1", "1:d:s", "d:s", "1 : d"):
        yield f"v=DMARC1; p=none; fo={fo}; ruf=mailto:f@x.test"
        yield f"v=DMARC1; p=none; adkim=s; fo={fo}"
    for psd in "yn" "u":
        yield f"v=DMARC1; p=reject; psd={psd}"
    for t in "yn":
        yield f"v=DMARC1; p=reject; t={t}; rua=mailto:a@x.test"
    for pct in (0, 1, 50, 99, 100):
        yield f"v=DMARC1; p=quarantine; pct={pct}"
    for rf in ("afrf", "iodef", "afrf:iodef"):
        yield f"v=DMARC1; p=none; rf={rf}"
        yield f"v=DMARC1; p=none; aspf=s; rf={rf}"
        yield f"v=DMARC1; p=none; rf={rf}; aspf=s"
    for ri in (0, 3600, 86400):
        yield f"v=DMARC1; p=none; ri={ri}"
    yield from ("v=DMARC1;p=none", "v=DMARC1;p=none;", "v=DMARC1; p=none; ", "v=DMARC1 ; p=none",
                "v=DMARC1 ;p = reject ; sp = none", "v=DMARC1;\tp=none",
                "v=DMARC1; p=reject;sp=none",
                "v=DMARC1;  p=reject;   rua=mailto:a@x.test", "v = DMARC1; p=none",
                "v=DMARC1; sp=none; p=reject", "v=DMARC1; rua=mailto:a@x.test; p=reject",
                "v=DMARC1; p=REJECT", "v=DMARC1; p=None; sp=Reject", "v=DMARC1; p=none; adkim=S")
    for rua in ("mailto:a@x.test", "mailto:a@x.test,mailto:b@y.test",
                "mailto:a@x.test , mailto:b@y",
                "MAILTO:a@x.test", "mailto:a+b@x.test", "mailto:a%2Cb@x.test",
                "mailto:a@x.test!10m",
                "mailto:a@x.test!5", "mailto:a@x.test!1g,mailto:b@x.test!2k",
                "https://x.test/dmarc",
                "mailto:a@x.test,https://x.test/", "mailto:a@x.test?subject=dmarc",
                "mailto:a@x.test,mailto:b@x.test,mailto:c@x.test", "mailto:\"a\"@x.test"):
        yield f"v=DMARC1; p=none; rua={rua}"
        yield f"v=DMARC1; p=reject; ruf={rua}; fo=1"
    yield from (f"v=DMARC1; p=none; rua={','.join(f'mailto:a{i}@x.test' for i in range(n))}"
                for n in (7, 8, 9, 20))


def ill_formed():
    """Records each with a fault of their own."""
    yield from ("", "v", "v=", "v=DMARC1", "v=DMARC1;", "p=none", "p=reject; v=DMARC1", "junk",
                "v=spf1 -all", "v=DMARC2; p=none", "v=DMARC; p=none", "v=dmarc1; p=none",
                "V=DMARC1; p=none", "v=DMARC1p=none", "v=DMARC1 p=none", "v=DMARC1, p=none",
                " v=DMARC1; p=none", "\tv=DMARC1; p=none", ";v=DMARC1; p=none", "v=DMARC10; p=none",
                '"v=DMARC1; p=none"', '"v=DMARC1; p=none', 'v=DMARC1; p=none"',
                "v=DMARC1\\; p=none",
                "v=DMARC1: p=none", "DMARC1; p=none", "v=DMARC1;; p=none", "v=DMARC1; p=none;;",
                "v=DMARC1; p=none; v=DMARC1", "v=DMARC1; P=reject", "v=DMARC1; p=none; SP=reject",
                "v=DMARC1; p=none; ADKIM=s", "v=DMARC1; p=none; RUA=mailto:a@x.test")
    for p in ("", "r", "q", "n", "no", "rej", "rejected", "quarantined", "discard", "monitor", "1",
              "reject none", "none,", "\"none\"", "none.", "=none", "non", "nonee", "\xa0none"):
        yield f"v=DMARC1; p={p}"
        yield f"v=DMARC1; p={p}; rua=mailto:a@x.test"
        yield f"v=DMARC1; p=reject; sp={p}"
        yield f"v=DMARC1; p=reject; sp={p}; rua=mailto:a@x.test"
    for np in ("", "r", "discard"):
        yield f"v=DMARC1; p=reject; np={np}"
        yield f"v=DMARC1; p=reject; np={np}; rua=mailto:a@x.test"
    for tag in ("adkim", "aspf"):
        for value in ("", "x", "relaxed", "strict", "rs", "simple", "0"):
            yield f"v=DMARC1; p=reject; {tag}={value}"
    for fo in ("", "x", "2", "0,1", "0:x", "01"):
        yield f"v=DMARC1; p=reject; fo={fo}"
    for pct in ("", "-1", "101", "1000", "5%", "abc", "050", "0x10", "1e1", "99999999999999999999"):
        yield f"v=DMARC1; p=reject; pct={pct}"
    for ri in ("", "-1", "abc", "99999999999"):
        yield f"v=DMARC1; p=reject; ri={ri}"
    for rf in ("", "x", "arf", "afrf,iodef"):
        yield f"v=DMARC1; p=reject; rf={rf}"
    for tag in ("psd", "t"):
        for value in ("", "x", "yes"):
            yield f"v=DMARC1; p=reject; {tag}={value}"
    for rua in ("", ",", "a@x.test", "mailto:", "mailto:a", "mailto:@x.test", "mailto:a@",
                "mailto a@x",
                "mailto:a@x.test;mailto:b@x.test", "mailto:a@x.test mailto:b@x.test",
                "mail:a@x.test",
                "mailto:a@x.test,", ",mailto:a@x.test", "mailto:a@x.test,b@x.test",
                "mailto:a@x.test!",
                "mailto:a@x.test!10q", "mailto:a@x.test!m", "mailto:a b@x.test",
                "mailto://a@x.test",
                "<mailto:a@x.test>", "mailto:<a@x.test>", "mailto:a@@x.test", "http:", "//x.test"):
        yield f"v=DMARC1; p=none; rua={rua}"
        yield f"v=DMARC1; p=bogus; rua={rua}"
    for tag in ("p=none", "p=reject", "sp=none", "adkim=s", "rua=mailto:b@x.test", "x=1"):
        yield f"v=DMARC1; p=none; adkim=r; rua=mailto:a@x.test; {tag}; {tag}"
    yield from ("v=DMARC1; p=none sp=reject", "v=DMARC1; p=none rua=mailto:a@x.test",
                "v=DMARC1; p=none; rua=mailto:a@x.test ruf=mailto:b@x.test", "v=DMARC1; p none",
                "v=DMARC1; none", "v=DMARC1; =none", "v=DMARC1; p=none; foo",
                "v=DMARC1; p=none; foo=",
                "v=DMARC1; p=none; x-y=1", "v=DMARC1; p:none", "v=DMARC1; p=none, sp=none",
                "v=DMARC1; rua=mailto:a@x.test", "v=DMARC1; sp=reject", "v=DMARC1; adkim=s")


def mutated(rng, count):
    base = ["v=DMARC1; p=reject; sp=quarantine; adkim=s; aspf=s; rua=mailto:a@x.test; fo=1",
            "v=DMARC1; p=quarantine; pct=50; ruf=mailto:f@x.test,mailto:g@x.test; rf=afrf; ri=3600"]
    for _ in range(count):
        whole = list(rng.choice(base))
        at = rng.randrange(len(whole))
        how = rng.choice(["change", "remove", "insert", "case"])
        if how == "remove":
            del whole[at]
        elif how == "case":
            whole[at] = whole[at].swapcase()
        else:
            whole[at:at + (how == "change")] = rng.choice(";= :,\"\\xprs1@!")
        yield "".join(whole)


def corpus():
    rng = random.Random(7489)
    rows = [*well_formed(), *ill_formed(), *mutated(rng, 90)]
    return [text.encode("latin-1") for text in dict.fromkeys(rows)]


# ---- what they say -------------------------------------------------------------------------------


def ours(program, rows):
    done = subprocess.run([program], input="".join(r.hex() + "\n" for r in rows), check=True,
                          capture_output=True, text=True)
    for line in done.stdout.splitlines():
        found = dict(word.split("=", 1) for word in line.split(" "))
        row = {name: found.get(name, "") for name in FIELDS}
        row["record"] = "yes" if found["effect"] in ("written", "none") else "no"
        for name in ("rua", "ruf"):
            uris = [bytes.fromhex(u).decode("latin-1") for u in row[name].split(",") if u]
            row[name] = uris
        faults = [FAULTS[int(n)] for n in found.get("faults", "").split(",") if n]
        if found["effect"] == "no-record":
            faults = ["none:" + MISSES[int(found["miss"])]]
        yield row, faults


def theirs(domain):
    done = subprocess.run(["opendmarc-check", domain], capture_output=True, check=False, timeout=60)
    said = done.stdout.decode("latin-1")
    if done.returncode != 0:
        return dict.fromkeys(FIELDS, "") | {"record": "no"}, done.stderr.decode("latin-1")

    def value(name):
        return re.search(name + r": (\S*)", said).group(1)

    def uris(name):
        block = re.search(name + r" report URIs:\n((?:\t\t.*\n)*)", said).group(1)
        return [line.strip() for line in block.splitlines() if line.strip() != "(none)"]

    sub = value("Subdomain policy")
    return {"record": "yes", "p": value("Domain policy"),
            "sp": value("Domain policy") if sub == "unspecified" else sub,
            "adkim": value("DKIM alignment")[0], "aspf": value("SPF alignment")[0],
            "pct": value("Sample percentage"), "rua": uris("Aggregate"),
            "ruf": uris("Failure")}, ""


def main():
    need("opendmarc-check", "nsd")
    enter()
    with tempfile.TemporaryDirectory(prefix="mailaudit-dmarc-") as folder:
        ask_here(folder)
        rows = corpus()
        lines = [f"_dmarc.r{i} TXT {txt(data)}" for i, data in enumerate(rows)]
        comparison = Comparison("opendmarc-check", REASONS)
        with nsd.Nsd([zone(folder, "test", lines)], port=53):
            for i, (data, (mine, faults)) in enumerate(zip(rows, ours(sys.argv[1], rows))):
                found, error = theirs(f"r{i}.test")
                compare(comparison, data, mine, faults, found, error)
    print(f"{len(rows)} DMARC records")
    return comparison.report()


def compare(comparison, data, mine, faults, found, error):
    subject = repr(data)[2:-1]
    for field in FIELDS:
        same = mine[field] == found[field]
        way = "" if field != "record" else ("refuses:" if found[field] == "no" else "accepts:")
        classes = [f"{field}:{way}{fault}" for fault in faults or ["good"]]
        comparison.add(subject, same, classes, (mine[field], found[field], error[-60:]))
        if field == "record" and (not same or mine[field] == "no"):
            break


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
