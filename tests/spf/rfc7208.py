#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the SPF suite of RFC 7208 (openspf.org; in Debian's python3-spf), that of RFC 4408 and
pyspf's own cases through the program: each scenario becomes a recording, each test an audit of
that recording. What we decide otherwise is listed with the reason.

usage: rfc7208.py PROGRAM [--suite FILE]...

Compared are results, explanations, and whether the record is called valid. What the suite does not
name does not exist there, so a question that the recording turns out not to have is added as
NXDOMAIN and the audit is run again.
Prints TAP; skipped, with a notice, where none is installed.
"""
import argparse
import concurrent.futures
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path("/usr/share/doc/python3-spf")
SUITES = ["rfc7208-tests.yml.gz", "rfc4408-tests.yml.gz", "test.yml.gz"]
TYPES = ("A", "AAAA", "MX", "PTR", "TXT")
NOW = "1400000000"
ROUNDS = 25
JOBS = 2
# The policy is a permerror for other clients than the one that the test is about: after the
# client's ip4: the record goes on to an eleventh look-up.
INVALID_FOR_OTHERS = {"include-at-limit"}
# By suite and test: why another result than that one is right.
NO_DEFAULT = "default= was a modifier of drafts; to RFC 7208 6 it is unknown, and ignored"
DEVIATIONS = {
    ("test.yml.gz", "default-modifier"): NO_DEFAULT,
    ("test.yml.gz", "default-modifier-harsh"): NO_DEFAULT,
}


def escaped(data, plain):
    """Bytes in zone-file form: letters, digits and those in plain stay."""
    return "".join(chr(b) if chr(b).isalnum() and b < 128 or chr(b) in plain else f"\\{b:03d}"
                   for b in data)


def owner(name):
    return escaped(name.rstrip(".").lower().encode("latin-1"), ".-_") + "."


def strings(value):
    """A TXT's strings, each split at 255 bytes, as rdata."""
    parts = value if isinstance(value, list) else [value]
    texts = []
    for part in parts:
        data = part.encode("latin-1")
        texts += [data[i:i + 255] for i in range(0, max(len(data), 1), 255)]
    return " ".join(f'"{escaped(t, " !#$%&()*+,-./:;<=>?@[]^_`{|}~")}"' for t in texts or [b""])


def rdata(kind, value):
    if kind == "TXT":
        return strings(value)
    if kind == "MX":
        return f"{value[0]} {owner(value[1])}"
    return owner(value) if kind in ("PTR", "CNAME") else str(value)


class Scenario:
    """The zone data of one document as the lines of a recording."""

    def __init__(self, document):
        self.sets, self.failing, self.aliases = {}, set(), {}
        for name, records in (document.get("zonedata") or {}).items():
            self.add_name(owner(name), records)
        self.negative = set()

    def add_name(self, name, records):
        # a record of type SPF stands for TXT as well, unless TXT records are given
        texts = any(isinstance(r, dict) and "TXT" in r for r in records)
        for kind in TYPES:
            self.sets.setdefault((name, kind), [])
        for record in records:
            if record == "TIMEOUT":
                continue
            for kind, value in record.items():
                kind = "TXT" if kind == "SPF" and not texts else kind
                if kind == "CNAME":
                    self.aliases[name] = owner(value)
                elif kind in TYPES and value != "NONE":
                    self.sets[name, kind].append(rdata(kind, value))
        if "TIMEOUT" in records:
            self.failing |= {(name, k) for k in TYPES if not self.sets[name, k]}

    def answer(self, name, kind):
        chain = []
        target = name
        while target in self.aliases and len(chain) < 10:
            chain.append(f" {target} 300 IN CNAME {self.aliases[target]}")
            target = self.aliases[target]
        if len(chain) == 10:
            return [f"{name} {kind} failed:cname-loop"]
        if (target, kind) in self.failing:
            return [f"{name} {kind} failed:timeout"]
        values = self.sets.get((target, kind))
        if values is None:
            return [f"{name} {kind} nxdomain"]
        if not values:
            return [f"{name} {kind} nodata"]
        return [f"{name} {kind} ok", *chain, *(f" {target} 300 IN {kind} {v}" for v in values)]

    def text(self, more):
        lines = ["mailaudit-observations 1"]
        for name, kind in sorted(set(self.sets) | more):
            lines += self.answer(name, kind)
        return "\n".join(lines) + "\n"


def unanswered(value, found):
    """The questions of a trace that the recording does not have."""
    if isinstance(value, dict):
        if value.get("status") == "failed:not-recorded":
            found.add((value["name"] + ".", value["type"]))
        for member in value.values():
            unanswered(member, found)
    elif isinstance(value, list):
        for member in value:
            unanswered(member, found)
    return found


def domain_of(test):
    """What to audit: the sender's domain, or any other where that cannot be one."""
    name = test["sender"].rsplit("@", 1)[1]
    labels = name.split(".")
    good = len(labels) > 1 and all(0 < len(x) < 64 for x in labels) and not set(name) & set("[ ")
    return name if good else "example.com"


def audit(program, folder, scenario, test):
    questions = {(owner(domain_of(test)), kind) for kind in TYPES}
    for _ in range(ROUNDS):
        (folder / "dns.txt").write_text(scenario.text(questions))
        command = [program, "--replay", str(folder), "--check", "spf", "--format", "json",
                   "--now", NOW, "--sender", test["sender"], "--helo", test["helo"],
                   domain_of(test), test["host"]]
        process = subprocess.run(command, capture_output=True, check=False)
        try:
            report = json.loads(process.stdout)["checks"]["spf"]
        except (ValueError, KeyError):
            return None, process.stderr.decode(errors="replace").strip()
        missing = unanswered(report, set()) - questions
        if not missing:
            return report, ""
        questions |= missing
    return None, "the questions never end"


def judge(program, scenario, test):
    """The faults of one test, as text."""
    with tempfile.TemporaryDirectory(prefix="mailaudit-spf-") as folder:
        report, error = audit(program, pathlib.Path(folder), scenario, test)
    if report is None:
        return [error]
    row = [r for r in report["results"] if r["identity"] == "mailfrom"][0]
    faults = []
    if row["result"] not in test["results"]:
        faults.append(f"result {row['result']}, not {' or '.join(test['results'])}")
    explanation = row["explanation"] if row["explanation"] is not None else "DEFAULT"
    if test["explanation"] is not None and explanation != test["explanation"]:
        faults.append(f"explanation {explanation!r}, not {test['explanation']!r}")
    sound = test["results"] != ["permerror"] and test["id"] not in INVALID_FOR_OTHERS
    audited = test["sender"].endswith("@" + domain_of(test))
    if audited and len(test["results"]) == 1 and (report["valid"] is False) == sound:
        faults.append(f"valid is {report['valid']}")
    return faults


def load(path):
    import yaml  # pylint: disable=import-outside-toplevel
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rb") as file:
        for document in yaml.safe_load_all(file.read().decode("utf-8")):
            scenario = Scenario(document)
            for name, test in document["tests"].items():
                helo = test["helo"]
                results = test["result"]
                # RFC 7208 2.4: the null reverse-path stands for postmaster at the HELO name
                yield scenario, {
                    "id": name, "helo": helo, "host": str(test["host"]),
                    "sender": test["mailfrom"] or f"postmaster@{helo}",
                    "results": results if isinstance(results, list) else [results],
                    "explanation": test.get("explanation")}


def run(options, path, number):
    """Prints a suite's tests from that number on; how many there are, and how many are wrong."""
    tests = list(load(path))
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        judged = list(pool.map(lambda t: judge(options.program, *t), tests))
    wrong = deviating = 0
    for (_, test), faults in zip(tests, judged):
        number += 1
        reason = DEVIATIONS.get((path.name, test["id"]))
        bad = bool(faults) != (reason is not None)
        wrong += bad
        deviating += reason is not None
        print(f"{'not ok' if bad else 'ok'} {number} - {path.name.split('.')[0]} {test['id']}")
        for fault in faults:
            print(f"# {fault}")
        if reason is not None:
            print(f"# on purpose: {reason}" if faults else "# no deviation any more")
    print(f"# {path.name}: {len(tests) - wrong - deviating} of {len(tests)} right, "
          f"{deviating} otherwise on purpose")
    return len(tests), wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--suite", type=pathlib.Path, action="append")
    options = parser.parse_args()
    suites = options.suite or [FOLDER / name for name in SUITES]
    count = wrong = 0
    for path in suites:
        if not path.exists():
            print(f"# {path} is not there: install python3-spf")
            continue
        tests, bad = run(options, path, count)
        count += tests
        wrong += bad
    print(f"1..{count}" if count else "1..0 # SKIP no suite is there: install python3-spf")
    sys.exit(1 if wrong else 0)


main()
