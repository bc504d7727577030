#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""--changed: silent while the report is what it was; never a half-written state; an unanswered
question is no change.
usage: test_changed.py MAILAUDIT [KILLS]"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from runner import Tap, killed_runs, quiet

PROGRAM = sys.argv[1]
NOW = 1767225600
HOUR, DAY = 3600, 86400
ZONE = """$ORIGIN changed.example.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
@ MX 10 mail
mail A 198.51.100.25
"""
SPF = '@ TXT "v=spf1 mx -all"\n'
BAD_SPF = '@ TXT "v=spf1 mx mx:%{x} -all"\n'
DMARC = '_dmarc TXT "v=DMARC1; p=reject"\n'
CHECKS = "spf,dmarc,mx"


class Site:
    """A domain, its zone file, its state and recordings of it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.zone = self.folder / "changed.example.zone"
        self.state = self.folder / "state"

    def publish(self, *records):
        self.zone.write_text(ZONE + "".join(records))

    def command(self, *args, now=NOW, source=None, state=None):
        source = source or ["--zone", str(self.zone), "--offline"]
        return [PROGRAM, "--check", CHECKS, "--now", str(now), *source,
                "--changed", str(state or self.state), "changed.example", "198.51.100.25", *args]

    def run(self, *args, **more):
        """(exit code, output, errors)"""
        done = subprocess.run(self.command(*args, **more), stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def record(self, name, *records, silent=()):
        """A recording of the zone with these records, where some questions have no answer."""
        self.publish(*records)
        folder = self.folder / name
        subprocess.run([PROGRAM, "--check", CHECKS, "--now", str(NOW), "--offline",
                        "--zone", str(self.zone), "--record", str(folder), "changed.example",
                        "198.51.100.25"], stdout=subprocess.DEVNULL, check=False)
        lines, skip = [], False
        for line in (folder / "dns.txt").read_text().splitlines():
            if line.startswith(" ") and skip:
                continue
            skip = not line.startswith(" ") and tuple(line.split()[:2]) in silent
            lines.append(" ".join(line.split()[:2]) + " failed:timeout" if skip else line)
        (folder / "dns.txt").write_text("\n".join(lines) + "\n")
        return ["--replay", str(folder)]


def test_changes(tap, site):
    site.publish(SPF)
    code, out, err = site.run("--fail-on", "warning")
    tap.ok(code == 1 and "first run" in out and "dmarc.missing" in out and not err,
           "the first run tells all, with its exit code", out + err)
    state = site.state.read_bytes()
    tap.ok(json.loads(state)["mailaudit-state"] == 1, "the state is there")
    before = site.state.stat().st_mtime_ns
    quiet = site.run("--fail-on", "warning", now=NOW + HOUR)
    tap.ok(quiet == (0, "", ""), "no change: nothing is printed, exit code 0", quiet)
    tap.ok(site.state.stat().st_mtime_ns == before, "and nothing is written")

    site.publish(SPF, DMARC)
    code, out, err = site.run("--fail-on", "warning")
    tap.ok(code == 1 and re.search(r"^Gone\n\nWARNING: .*\n.*\n  rule   dmarc.missing$", out, re.M)
           and "Good now" in out, "a finding that is gone", out + err)
    tap.ok(re.match(r"changed.example: \d+ [A-F], was \d+ [A-F]\n", out), "the score first", out)
    site.publish(BAD_SPF, DMARC)
    code, out, err = site.run()
    tap.ok(code == 1 and re.search(r"^New\n\nERROR: ", out, re.M) and "  fix    " in out
           and re.search(r"^No longer good\n  spf\.", out, re.M),
           "a finding that came, with its fix; what passed is told", out + err)
    tap.ok(site.run() == (0, "", ""), "told once")


def test_policy(tap, site):
    site.publish(SPF)
    site.state.unlink(missing_ok=True)
    site.run()
    policy = site.folder / "policy"
    policy.write_text("dmarc.missing notice\n")
    code, out, err = site.run("--policy", str(policy))
    tap.ok(code == 0 and re.search(r"^Changed\n\nNOTICE, was warning: ", out, re.M),
           "another severity", out + err)
    policy.write_text("dmarc.missing mute until 2030-01-01 because of the test\n")
    out = site.run("--policy", str(policy))[1]
    tap.ok("muted by your policy" in out, "a mute", out)
    out = site.run()[1]
    tap.ok("no longer muted" in out, "a mute taken back", out)
    code, out, err = site.run("--no-check", "mx")
    tap.ok("checks     no longer: mx" in out and "mx." not in out,
           "a check that does not run any more", out + err)
    out = site.run("198.51.100.26", "--no-check", "mx")[1]
    tap.ok("addresses  new: 198.51.100.26" in out, "another address", out)
    out = site.run("198.51.100.26", "--role", "receives-only", "--no-check", "mx")[1]
    tap.ok("role       receives-only, was sends-and-receives" in out, "another role", out)


def test_unknown(tap, site):
    good = site.record("good", SPF, DMARC)
    silent = site.record("silent", SPF, DMARC, silent=[("_dmarc.changed.example.", "TXT"),
                                                       ("changed.example.", "TXT")])
    bad = site.record("bad", SPF)
    site.state.unlink(missing_ok=True)
    site.run(source=good)
    quiet = site.run(source=silent, now=NOW + HOUR)
    tap.ok(quiet == (0, "", ""), "what is unanswered is no change", quiet)
    tap.ok("dmarc.enforced" in site.state.read_text() and '"unanswered": [\n' in
           site.state.read_text(), "the last known stays in the state", site.state.read_text())
    quiet = site.run(source=good, now=NOW + 2 * HOUR)
    tap.ok(quiet == (0, "", ""), "nor is the answer that comes again", quiet)
    site.run(source=silent, now=NOW + 3 * HOUR)
    code, out, err = site.run(source=bad, now=NOW + 4 * HOUR)
    tap.ok("dmarc.missing" in out and "No longer good" in out,
           "what has changed meanwhile is told with the answer", out + err)

    site.state.unlink()
    site.run(source=good)
    site.run(source=silent, now=NOW + HOUR)
    quiet = site.run(source=silent, now=NOW + DAY)
    tap.ok(quiet == (0, "", ""), "23 hours without an answer: not told", quiet)
    code, out, err = site.run(source=silent, now=NOW + HOUR + DAY)
    tap.ok(code == 3 and "No answer for a day" in out and "2026-01-01 01:00 UTC" in out
           and ", as before" in out and "No longer good" not in out,
           "a day without an answer is told", out + err)
    quiet = site.run(source=silent, now=NOW + 9 * DAY)
    tap.ok(quiet == (0, "", ""), "once", quiet)
    code, out, err = site.run(source=good, now=NOW + 10 * DAY)
    tap.ok(code == 0 and "Answered again" in out and "Good now" not in out,
           "and so is its end", out + err)


def test_seen_beside(tap, site):
    """A finding that was seen beside a silence is not hidden by it."""
    txt = ("changed.example.", "TXT")
    host = ("mail.changed.example.", "AAAA")
    weak = site.record("weak", SPF, DMARC.replace("reject", "none"), silent=[host])
    mended = site.record("mended", SPF, DMARC, silent=[host])
    site.state.unlink(missing_ok=True)
    site.run(source=weak)
    out = site.run(source=mended)[1]
    tap.ok("dmarc.policy-none" in out and "Gone" in out, "gone beside another check's silence", out)
    dead = site.record("dead", silent=[txt, host, ("_dmarc.changed.example.", "TXT"),
                                       ("changed.example.", "MX")])
    quiet = site.run(source=dead)
    tap.ok(quiet == (0, "", ""), "a dead resolver changes nothing, role and addresses included",
           quiet)


def test_files(tap, site):
    site.publish(SPF)
    site.state.unlink(missing_ok=True)
    site.run()
    whole = site.state.read_text()
    root = json.loads(whole)
    damages = {
        "": r"state:1:\d+: ",
        whole[:len(whole) // 2]: r"state:\d+:\d+: ",
        "v=spf1 -all\n": r"state:1:\d+: ",
        "[]": r'state: not a state of mailaudit --changed: it has no "mailaudit-state"',
        '{"schema": 1}': r'state: not a state of mailaudit --changed',
        whole.replace('"mailaudit-state": 1', '"mailaudit-state": 2'):
            r"state: a state of version 2",
        whole.replace('"error"', '"bad"').replace('"warning"', '"bad"'):
            r"state: known\[\d+\]\.severity: no severity",
        json.dumps({**root, "score": 101}): r"state: score: no number",
        json.dumps({**root, "grade": "X"}): r"state: grade: not one of",
        json.dumps({**root, "known": 1}): r"state: known: no list",
        json.dumps({**root, "known": [1]}): r"state: known\[0\]\.id: no text",
        json.dumps({**root, "checks": [1]}): r"state: checks: something in the list",
        json.dumps({**root, "unanswered": [{"rule": "x"}]}):
            r"state: unanswered\[0\]\.check: no text",
        json.dumps({**root, "domain": "other.example"}): r"state: the state of other\.example, not",
    }
    for text, words in damages.items():
        site.state.write_text(text)
        code, out, err = site.run()
        tap.ok(code == 2 and not out and re.search(words, err) and site.state.read_text() == text,
               "refused and left alone: " + words, f"{code} {out} {err}")
    site.state.write_text(whole)
    nowhere = site.folder / "no" / "state"
    code, out, err = site.run(state=nowhere)
    tap.ok(code == 2 and "first run" in out and f"cannot write '{nowhere}'" in err,
           "a folder that cannot be written to: told, and exit code 2", f"{code} {out} {err}")
    if os.access("/dev/full", os.W_OK):
        site.state.unlink()
        with open("/dev/full", "wb") as full:
            code = subprocess.run(site.command(), stdout=full, stderr=subprocess.DEVNULL,
                                  check=False).returncode
        tap.ok(code == 2 and not site.state.exists(), "what could not be printed is not forgotten")
    code, out, err = site.run("--format", "json")
    tap.ok(code == 2 and "--changed" in err and not out, "not with --format json", err)


def test_kill(tap, site, kills):
    """SIGKILL at random moments of a run that has something to write."""
    texts = []
    for records in ((SPF,), (SPF, DMARC)):
        site.publish(*records)
        site.state.unlink(missing_ok=True)
        site.run()
        texts.append(site.state.read_text())
    begin = time.monotonic()
    site.state.write_text(texts[0])
    site.run()
    span = time.monotonic() - begin
    killed = old = new = 0

    def start(_):
        site.state.write_text(texts[0])
        return quiet(site.command())

    for gone in killed_runs(kills, span, start):
        killed += gone
        text = site.state.read_text()
        old += text == texts[0]
        new += text == texts[1]
    tap.ok(old + new == kills and killed > 0,
           f"{killed} of {kills} runs killed: {old} times the old state, {new} times the new")


def main():
    tap = Tap()
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    with tempfile.TemporaryDirectory(prefix="mailaudit-changed-") as folder:
        os.environ["XDG_CONFIG_HOME"] = folder  # no policy of the user's own
        site = Site(folder)
        test_changes(tap, site)
        test_policy(tap, site)
        test_unknown(tap, site)
        test_seen_beside(tap, site)
        test_files(tap, site)
        test_kill(tap, site, kills)
    return tap.end()


sys.exit(main())
