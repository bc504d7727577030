#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the checks say against what is so: a synthetic internet with its ground truth (a folder with
nsd.conf, zones/, truth.csv, dnsbl.txt and dnsbl-bad.txt) is served by an nsd of our own, every
sender is audited, and each fact of truth.csv is compared with the report.

usage: bed_truth.py MAILAUDIT [BED [COUNT]]      BED or $MAILAUDIT_BED; skipped (77) without one
"""
import collections
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "live"))

import nsd  # pylint: disable=wrong-import-position

SHOWN = 5
KEYS = {"rsa2048": "good", "rsa4096": "good", "ed25519": "good", "testing": "good",
        "rsa1024": "weak", "rsa512": "weak", "revoked": "revoked", "badkey": "bad",
        "dup": "duplicate"}
REPORTS = {"": set(), "ok": {True}, "unauth": {False}}  # what authorised is, where it is asked


class BedNsd(nsd.Nsd):
    """The bed's zones, on a port and with files of our own."""

    def __init__(self, bed):
        super().__init__([])
        own = self.config.read_text(encoding="utf-8")
        theirs = (bed / "nsd.conf").read_text(encoding="utf-8")
        zones = theirs[theirs.index("\nzone:"):]
        folder = re.search(r'zonesdir: "([^"]*)"', theirs).group(1)
        own = re.sub(r'zonesdir: ".*"', f'zonesdir: "{folder}"', own)
        self.config.write_text(own + zones, encoding="utf-8")


def pairs(text):
    return dict(word.split("=") for word in text.split())


def spf_facts(check, truth):
    result = next(r for r in check["results"] if r["identity"] == "mailfrom")
    yield "SPF result", result["result"], truth["spf_result"]
    yield "SPF explanation", result["explanation"] or "", truth["spf_exp"]
    if truth["spf_lookups"] and truth["spf_class"] != "loop":  # which has no end to count
        yield "SPF look-ups", str(check["lookups_worst_case"]), truth["spf_lookups"]


def dmarc_facts(check, truth):
    yield "DMARC state", check["state"], truth["dmarc_state"]
    if truth["dmarc_p"]:
        yield "DMARC policy", check["policy"], truth["dmarc_p"]
    found = {row["authorised"] for row in check["external_reports"]}
    yield "DMARC reports", found, REPORTS[truth["dmarc_ext"]]


def dkim_facts(check, truth):
    found = {key["selector"]: key["state"] for key in check["keys"] if key["state"] != "none"}
    yield "DKIM keys", found, {k: KEYS.get(v, v) for k, v in pairs(truth["dkim"]).items()}


def ptr_facts(check, truth):
    row = check["addresses"][0]
    yield "FCrDNS", int(bool(row["confirmed"])), int(truth["fcrdns"])
    yield "generic name", int(row["kind"].startswith("generic")), int(truth["ptr_generic"])
    yield "PTR names", " ".join(sorted(row["names"])), truth["ptr"]


def dnsbl_facts(check, truth, bad):
    rows = [row for row in check["lists"] if row["class"] != "allow"]
    listed = {row["zone"]: row["codes"][0] for row in rows
              if row["state"] == "listed" and row["subject"] == truth["ip"]}
    # a list that keeps no addresses of the family is rightly not asked
    left_out = {row["zone"] for row in rows if row["state"] == "not-asked"}
    due = {zone: code for zone, code in pairs(truth["dnsbl"]).items() if zone not in left_out}
    yield "block lists", listed, due
    yield "unknown lists", {r["zone"] for r in rows if r["state"] == "unknown"}, set(bad)


FACTS = {"spf": spf_facts, "dmarc": dmarc_facts, "dkim": dkim_facts, "ptr": ptr_facts}


def facts(report, truth, bad):
    checks = report["checks"]
    for name, of_check in FACTS.items():
        if name in checks:
            yield from of_check(checks[name], truth)
    yield from dnsbl_facts(checks["dnsbl"], truth, bad)


def audit_all(mailaudit, bed, truth, address, folder):
    """The reports, line by line."""
    lists = (bed / "dnsbl.txt").read_text() + (bed / "dnsbl-bad.txt").read_text()
    (folder / "lists").write_text("".join(f"{zone} force\n" for zone in lists.split()))
    # what refuses the resolver is asked again from the root on: that is nowhere here
    (folder / "hints").write_text(". 3600 NS a.root.\na.root. 3600 A 127.0.0.9\n")
    targets = [json.dumps({"domain": row["domain"], "addresses": [row["ip"]],
                           "sender": row["sender"], "helo": row["helo"]}) for row in truth]
    (folder / "targets").write_text("\n".join(targets) + "\n")
    command = [mailaudit, "batch", "--ordered", "--nameserver", address, "--lists",
               folder / "lists", "--root-hints", folder / "hints", "--check",
               "dkim,dmarc,dnsbl,ptr,spf", folder / "targets"]
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    if done.returncode not in (0, 1, 3):
        sys.exit(f"the batch ended with {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    words = sys.argv + [os.environ.get("MAILAUDIT_BED", "bed")]
    mailaudit, bed = words[1], pathlib.Path(words[2])
    if not nsd.program() or not (bed / "truth.csv").exists():
        print("skipped: no bed, or nsd is not installed")
        sys.exit(77)
    with open(bed / "truth.csv", encoding="utf-8", newline="") as file:
        truth = list(csv.DictReader(file))[:int(sys.argv[3]) if len(sys.argv) > 3 else None]
    bad = (bed / "dnsbl-bad.txt").read_text().split()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, BedNsd(bed) as server:
        reports = audit_all(mailaudit, bed, truth, server.address, pathlib.Path(folder))
    counts, wrong = collections.Counter(), collections.defaultdict(list)
    for row, report in zip(truth, reports, strict=True):
        for what, found, due in facts(report, row, bad):
            counts[what] += 1
            if found != due:
                wrong[what].append((row["domain"], found, due))
    for what, count in counts.items():
        print(f"{what}: {count} compared, {len(wrong[what])} wrong")
        for domain, found, due in wrong[what][:SHOWN]:
            print(f"  {domain}: {found!r}, in truth {due!r}")
    print(f"{len(reports)} audits in {time.monotonic() - started:.1f} s")
    sys.exit(1 if any(wrong.values()) else 0)


main()
