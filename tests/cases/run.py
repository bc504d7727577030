#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the case folders beside it: whole audits, as a user would run them.

A case is a folder with
  args          the command line's arguments, on one line (shell quoting); {silent} is the
                address of a name server that never answers, {hog} a plug-in that never ends
  *.zone        zone files, each with $ORIGIN on its first line: given by --zone
  replay/       or a recording: given by --replay
  expected.txt  what is printed, to the byte
  expected.err  what is printed on standard error, if anything
  exit          the exit code
The program is run in a copy of the folder. Each case is run twice, as text and as JSON; the same
input must give the same bytes, and the JSON must be what schema.py says.

  run.py PROGRAM [CASE...]     run all cases, or these (--hog FILE: the plug-in for {hog})
  run.py --update PROGRAM ...  rewrite what is expected (then read it)
  run.py --rules PROGRAM       does every rule show up in some case?
  run.py --document FILE PROGRAM
                               is FILE (docs/rules.md) what --rules prints? --update writes it
"""

import argparse
import concurrent.futures
import difflib
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

import schema

HERE = pathlib.Path(__file__).resolve().parent
TIMEOUT_SECS = 60
JOBS = 2
# The clock of a case that does not set one: 2025-06-01.
NOW = "1748736000"
# With these there is no report, or the case chooses its format itself.
NO_REPORT = ("flatten", "lists", "why", "--rules", "--explain", "--help", "--version", "--format",
             "--nagios", "--check-rbl", "-h", "-V")


class Outcome:
    def __init__(self, process):
        self.code = process.returncode
        self.out, self.err = process.stdout, process.stderr

    def __eq__(self, other):
        return (self.code, self.out, self.err) == (other.code, other.out, other.err)


class Case:
    def __init__(self, folder, program, places):
        self.folder, self.program = folder, program
        self.name = folder.name
        text = (folder / "args").read_text()
        for name, value in places.items():
            text = text.replace("{" + name + "}", shlex.quote(value))
        self.args = shlex.split(text)
        self.wrong = []

    def command(self, *more):
        args = [self.program, *self.args]
        for zone in sorted(self.folder.glob("*.zone")):
            args += ["--zone", zone.name]
        if (self.folder / "replay").is_dir():
            args += ["--replay", "replay"]
        elif not any(a == "--now" or a.startswith("--now=") for a in self.args):
            args += ["--now", NOW]
        return args + list(more)

    def run(self, *more):
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C",
                       "HOME": "/nonexistent", "TZ": "Antarctica/Troll"}
        for name, value in os.environ.items():  # what sanitizers and valgrind are told by
            if name.endswith("SAN_OPTIONS"):
                environment[name] = value
        with tempfile.TemporaryDirectory(prefix="mailaudit-case-") as copy:
            shutil.copytree(self.folder, copy, dirs_exist_ok=True)
            return Outcome(subprocess.run(self.command(*more), cwd=copy, env=environment,
                                          stdin=subprocess.DEVNULL, capture_output=True,
                                          timeout=TIMEOUT_SECS, check=False))

    def is_report(self, outcome):
        return outcome.code in (0, 1, 3) and not any(
            a == word or a.startswith(word + "=") for a in self.args for word in NO_REPORT)

    def complain(self, what):
        self.wrong.append(what)

    def compare_file(self, name, found):
        path = self.folder / name
        due = path.read_bytes() if path.exists() else b""
        if found == due and (name != "expected.txt" or path.exists()):
            return
        old = due.decode("utf-8", "backslashreplace").splitlines()
        new = found.decode("utf-8", "backslashreplace").splitlines()
        self.complain("\n".join([f"{name} differs:"] + list(
            difflib.unified_diff(old, new, "expected", "found", lineterm=""))))

    def compare(self, outcome):
        path = self.folder / "exit"
        due = path.read_text().strip() if path.exists() else "no file 'exit'"
        if str(outcome.code) != due:
            self.complain(f"exit code {outcome.code}, expected {due}")
        self.compare_file("expected.txt", outcome.out)
        self.compare_file("expected.err", outcome.err)

    def update(self, outcome):
        (self.folder / "expected.txt").write_bytes(outcome.out)
        (self.folder / "exit").write_text(f"{outcome.code}\n")
        if outcome.err:
            (self.folder / "expected.err").write_bytes(outcome.err)
        else:
            (self.folder / "expected.err").unlink(missing_ok=True)

    def check_text(self, outcome):
        good = {0x0A, 0x1B} if "--colour" in self.args else {0x0A}
        for byte in set(outcome.out) - good:
            if byte < 0x20 or byte == 0x7F:
                self.complain(f"the text report holds the byte {byte:#04x}")

    def check_json(self, text_outcome):
        outcome = self.run("--format", "json")
        if outcome.code != text_outcome.code:
            self.complain(f"exit code {outcome.code} with --format json")
        try:
            self.wrong += schema.check(outcome.out.decode("utf-8"))
        except UnicodeDecodeError as e:
            self.complain(f"the JSON is not UTF-8: {e}")
        if outcome != self.run("--format", "json"):
            self.complain("a second run gave another JSON report")

    def check(self, update):
        try:
            outcome = self.run()
            if outcome.code not in (0, 1, 2, 3):
                self.complain(f"died with {outcome.code}: {outcome.err.decode(errors='replace')}")
                return self
            if update:
                self.update(outcome)
            self.compare(outcome)
            if outcome != self.run():
                self.complain("a second run gave another report")
            if self.is_report(outcome):
                self.check_text(outcome)
                self.check_json(outcome)
        except subprocess.TimeoutExpired:
            self.complain(f"not done after {TIMEOUT_SECS} s")
        return self


def folders(names):
    if names:
        return [HERE / pathlib.Path(n).name for n in names]
    return sorted(p.parent for p in HERE.glob("*/args"))


def say(number, wrong, name):
    """A test's line of TAP, what is wrong below it."""
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
    for what in wrong:
        print("  # " + what.replace("\n", "\n  # "))


def run_cases(program, names, places, update):
    cases = [Case(f, program, places) for f in folders(names)]
    print(f"1..{len(cases)}")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for number, case in enumerate(pool.map(lambda c: c.check(update), cases), 1):
            if case.wrong:
                failed += 1
                case.wrong.insert(0, shlex.join(case.command()))
            say(number, case.wrong, case.name)
    print(f"# {len(cases)} cases, {failed} failed")
    return failed == 0


def rules_of(program):
    return subprocess.run([program, "--rules"], capture_output=True, check=True, text=True).stdout


def check_document(program, path, update):
    rules = rules_of(program)
    if update:
        path.write_text(rules)
    old = path.read_text() if path.exists() else ""
    wrong = list(difflib.unified_diff(old.splitlines(), rules.splitlines(), str(path),
                                      "mailaudit --rules", lineterm=""))
    print("1..1")
    say(1, wrong, "docs/rules.md is what --rules prints")
    return not wrong


def check_rules(program):
    rules = rules_of(program)
    ids = re.findall(r"^### (\S+)$", rules, re.M)
    seen = "\n".join(p.read_text(errors="replace") for p in HERE.glob("*/expected.txt"))
    words = set(re.findall(r"[a-z0-9_]+\.[a-z0-9-]+", seen))
    missing = [i for i in ids if i not in words]
    print(f"1..{len(ids)}")
    for number, rule in enumerate(ids, 1):
        say(number, ["no case shows it"] if rule in missing else [], rule)
    print(f"# {len(ids)} rules, {len(missing)} shown by no case")
    return bool(ids) and not missing


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--rules", action="store_true")
    parser.add_argument("--document", type=pathlib.Path)
    parser.add_argument("--hog", type=pathlib.Path, default="hog.so")
    parser.add_argument("program")
    parser.add_argument("case", nargs="*")
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    if options.rules:
        return check_rules(program)
    if options.document is not None:
        return check_document(program, options.document, options.update)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        places = {"silent": f"127.0.0.1:{silent.getsockname()[1]}",
                  "hog": str(options.hog.resolve())}
        return run_cases(program, options.case, places, options.update)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
