#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A failure to look is never an absence and never a pass.

Records an audit, then replays it with each question in turn failed in each way, and with the
question answered otherwise: no such name, no such record, or another one. What the failed audit
says must be true whichever answer was missed:

1. it never crashes and is never worse than UNKNOWN: no finding above it that was not there before,
   the exit code what it was, or 3;
2. it is seen: the question is counted as unanswered, the report is not complete;
3. where another answer would change the findings, an UNKNOWN finding stands there, and what would
   not have passed with another answer does not pass;
4. the lowest score that it admits is no higher than the score with any other answer.

Each folder beside this file is one audit: args ({folder} is its path), its own *.zone and those
that the file zones names;
or a recording, audit.txt and dns.txt, in which some questions may have failed already.

  torture.py PROGRAM [FOLDER...]     any recording's folder will do
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "cases"))
import schema  # noqa: E402

JOBS = 2
TIMEOUT_SECS = 60
NOW = "1748736000"
# bad-name is left out: it is no failure of a look-up but the answer to an impossible question.
FAILURES = ["timeout", "servfail", "refused", "rcode", "malformed", "truncated", "too-large",
            "cname-loop", "network", "offline", "budget", "forbidden", "not-recorded", "bogus"]
NOT_ASKED = ("offline",)
# What lies behind a URL: the other failures to fetch it are answers.
FETCH_FAILURES = ["timeout", "servfail", "malformed", "network", "offline", "budget", "forbidden",
                  "not-recorded", "connect", "tls"]
FETCHED_OTHERWISE = [
    ["ok code=404"], ["ok code=301 location=\"https://elsewhere.example/\""], ["ok code=200"],
    ["ok code=200 type=\"text/html\"", " <html>junk</html>"],
    ["failed:certificate certificate=\"it is self-signed\""], ["failed:no-address"],
    ["failed:redirect"], ["failed:too-large"]]
BASES = ("args", "audit.txt")  # what a folder to start from has
# What could be there where there was nothing, by type.
OTHERWISE = {
    "A": ["127.0.0.2", "127.255.255.254", "203.0.114.99"],
    "AAAA": ["2a0f:8000::99"],
    "MX": ["0 .", "10 elsewhere.example."],
    "TXT": ['"v=spf1 +all"', '"v=spf1 nonsense"', '"v=DMARC1; p=bogus"', '"v=DMARC1; p=reject"',
            '"v=DKIM1; p="', '"junk"'],
    "PTR": ["host-203-0-114-10.dyn.provider.example."],
}
# The same fact, told with less where a look-up failed: no record is where it belongs.
LESS = {"dmarc.misplaced": "dmarc.missing", "dmarc.doubled-name": "dmarc.missing"}


class Recording:
    """dns.txt and https.txt: each question with the lines that tell its answer."""

    def __init__(self, folder, args):
        self.args = args
        self.audit = (folder / "audit.txt").read_bytes()
        self.heads, self.questions, self.files = {}, [], []
        for name in ("dns.txt", "https.txt"):
            if (folder / name).exists():
                self.read(name, (folder / name).read_text().splitlines())

    def read(self, name, lines):
        self.heads[name] = lines[0]
        for line in lines[1:]:
            if line.startswith(" "):
                self.questions[-1].append(line)
            elif line and not line.startswith(";"):
                self.questions.append([line])
                self.files.append(name)

    def is_fetched_host(self, question):
        """An address of a host that was fetched from: with another one that would not be so."""
        owner, kind = question[0].split()[:2]
        hosts = re.findall(r"^https://([^/:]+)", "\n".join(q[0] for q in self.questions), re.M)
        return kind in ("A", "AAAA") and owner.rstrip(".") in hosts

    def write(self, folder, index, lines):
        (folder / "audit.txt").write_bytes(self.audit)
        blocks = [lines if i == index else q for i, q in enumerate(self.questions)]
        for name, head in self.heads.items():
            own = [b for b, file in zip(blocks, self.files) if file == name]
            (folder / name).write_text("\n".join([head] + sum(own, [])) + "\n")


def run(program, *args):
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
    for name, value in os.environ.items():
        if name.endswith("SAN_OPTIONS"):
            environment[name] = value
    return subprocess.run([program, *args], env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=TIMEOUT_SECS, check=False)


class Audit:
    """What one replay said."""

    def __init__(self, process):
        self.code = process.returncode
        self.wrong = []
        if self.code not in (0, 1, 3) or process.stderr:
            self.wrong = [f"exit code {self.code}: {process.stderr.decode(errors='replace')}"]
            return
        line = process.stdout.decode("utf-8", "replace")
        self.wrong = schema.check(line)
        if self.wrong:
            return
        self.report = json.loads(line)
        self.role = self.report["target"]["role"]
        self.score = self.report["score"]
        self.findings = self.report["findings"]

    def judged(self, at_least):
        """The findings as facts: (rule, subject), of this severity or worse."""
        least = schema.SEVERITIES.index(at_least)
        return {(f["rule"], s) for f in self.findings for s in [f["subject"]] + f["also"]
                if schema.SEVERITIES.index(f["severity"]) >= least}

    def passes(self):
        """What passes, each with all that passes beside it and what was seen."""
        passed = [f for f in self.findings if f["severity"] == "pass"]
        return {(f["rule"], s): ([f["subject"]] + f["also"], f["evidence"])
                for f in passed for s in [f["subject"]] + f["also"]}

    def gone(self, other):
        """What passes here but not there, or there for another reason."""
        there = other.passes()
        return {key for key, (beside, seen) in self.passes().items()
                if key not in there or (there[key][0] == beside and there[key][1] != seen)}

    def unknown(self):
        return {(f["rule"], s) for f in self.findings if f["severity"] == "unknown"
                for s in [f["subject"]] + f["also"]}


def fetched(question, *lines):
    """What lies behind a URL, with another outcome: the words that say what was asked stay."""
    url, _, *words = question[0].split()
    asked = [w for w in words if w.startswith("cap=") or w == "follow"]
    return [" ".join([url, lines[0], *asked]), *lines[1:]]


def failing(question, failure):
    words = question[0].split()
    if "://" in words[0]:
        return fetched(question, f"failed:{failure}")
    return [f"{words[0]} {words[1]} failed:{failure}"]


def otherwise(question):
    """The question answered in other ways."""
    if "://" in question[0].split()[0]:
        return [fetched(question, *lines) for lines in FETCHED_OTHERWISE]
    owner, kind, outcome = question[0].split()[:3]
    ways = [[f"{owner} {kind} {word}"] for word in ("nodata", "nxdomain") if word != outcome]
    listed = outcome == "ok" and " IN A 127." in question[1] or outcome == "nxdomain"
    for rdata in OTHERWISE.get(kind, []):
        if rdata.startswith("127.") and not listed:
            continue  # what a block list says, not where a host is
        ways.append([f"{owner} {kind} ok", f" {owner} 300 IN {kind} {rdata}"])
    return ways


def replay(program, recording, index, lines):
    with tempfile.TemporaryDirectory(prefix="mailaudit-torture-") as folder:
        recording.write(pathlib.Path(folder), index, lines)
        return Audit(run(program, "--replay", folder, "--format", "json", *recording.args))


def compare(base, failed, failure, others):
    """What is wrong with an audit whose question failed."""
    if failed.wrong:
        return failed.wrong
    wrong = []
    if failed.code not in (base.code, 3) and failure not in NOT_ASKED:
        wrong.append(f"exit code {failed.code}")
    known = base.judged("warning")
    known |= {(LESS[rule], subject) for rule, subject in known if rule in LESS}
    for rule, subject in sorted(failed.judged("warning") - known):
        wrong.append(f"worse than UNKNOWN: {rule} ({subject})")
    counted = "not_asked" if failure in NOT_ASKED else "unanswered"
    # where others had failed already, what they depend on may not be asked any more
    if failed.score[counted] == 0:
        wrong.append(f"not seen: {failed.score[counted]} {counted}")
    judged = base.judged("pass")
    # in another role the check does not apply: what it saw is true all the same
    gone = set().union(*[base.gone(o) for o in others if o.role == base.role], set())
    matters = [o for o in others if o.judged("pass") != judged or o.passes() != base.passes()]
    if failure in NOT_ASKED:  # by the user's own choice: shown as such, with no score in doubt
        matters, others = [], []
    if matters and not failed.unknown() - base.unknown():
        wrong.append("another answer would matter, but nothing is UNKNOWN")
    for rule, subject in sorted(gone & set(failed.passes()) - base.gone(failed)):
        wrong.append(f"passes as before: {rule} ({subject})")
    least = min([o.score["value"] for o in others], default=100)
    if failed.score["lowest"] > least:
        wrong.append(f"lowest is {failed.score['lowest']}, but it could be {least}")
    return wrong


def torture(program, recording, base, index):
    """Fails one question in every way: (its name, complaints, runs)."""
    question = recording.questions[index]
    failures = FETCH_FAILURES if recording.files[index] == "https.txt" else FAILURES
    ways = [] if recording.is_fetched_host(question) else otherwise(question)
    others = [replay(program, recording, index, way) for way in ways]
    wrong = [f"answered otherwise: {w}" for o in others for w in o.wrong]
    others = [o for o in others if not o.wrong]
    seen = {}
    for failure in failures:
        failed = replay(program, recording, index, failing(question, failure))
        for what in compare(base, failed, failure, others):
            seen.setdefault(what, []).append(failure)
    wrong += [f"{what} [{', '.join(f)}]" for what, f in seen.items()]
    return " ".join(question[0].split()[:2]), wrong, len(others) + len(failures)


def record(program, args, source, folder):
    args = ["--offline", "--record", str(folder), *args]
    zones = sorted(source.glob("*.zone"))
    if (source / "zones").exists():
        for pattern in (source / "zones").read_text().split():
            zones += sorted(ROOT.glob(pattern))
    for zone in zones:
        args += ["--zone", str(zone)]
    return Audit(run(program, *args, "--format", "json"))


def check_base(base, replayed, recorded):
    """The audit to start from: all is answered, and its replay is the same."""
    wrong = base.wrong + replayed.wrong
    if wrong:
        return wrong
    if base.score["not_asked"] > 0 and not recorded:
        wrong.append(f"{base.score['not_asked']} questions lie outside the zones")
    if base.report != replayed.report:
        wrong.append("its replay gave another report")
    return wrong


def say(number, wrong, name):
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)
    for what in wrong:
        print("  # " + what.replace("\n", "\n  # "))


def start(program, source):
    """The audit to torture and its recording: None when there is none."""
    if (source / "dns.txt").exists():
        recording = Recording(source, [])
        return replay(program, recording, -1, []), recording
    args = ["--now", NOW, *(source / "args").read_text().replace("{folder}", str(source)).split()]
    with tempfile.TemporaryDirectory(prefix="mailaudit-torture-") as folder:
        base = record(program, args, source, pathlib.Path(folder) / "recording")
        if base.wrong:
            return base, None
        return base, Recording(pathlib.Path(folder) / "recording", args)


def torture_all(program, source, first):
    """(how many tests, how many of them failed, replays)."""
    base, recording = start(program, source)
    recorded = (source / "dns.txt").exists()
    wrong = base.wrong or check_base(base, replay(program, recording, -1, []), recorded)
    say(first, wrong, f"{source.name}: recorded and replayed")
    if base.wrong:
        return 1, 1, 0
    failed, runs = int(bool(wrong)), 1
    answered = [i for i, q in enumerate(recording.questions) if " failed:" not in q[0]]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        jobs = pool.map(lambda i: torture(program, recording, base, i), answered)
        for number, (name, wrong, done) in enumerate(jobs, first + 1):
            say(number, wrong, f"{source.name}: {name}")
            failed, runs = failed + bool(wrong), runs + done
    return len(answered) + 1, failed, runs


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    folders = [HERE / name for name in sys.argv[2:]]  # a path stays what it is
    tests = failures = replays = 0
    for folder in folders or sorted(p.parent for p in HERE.glob("*/a*") if p.name in BASES):
        count, failed, runs = torture_all(program, folder, tests + 1)
        tests, failures, replays = tests + count, failures + failed, replays + runs
    print(f"1..{tests}\n# {replays} replays, {failures} tests failed")
    return failures == 0


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
