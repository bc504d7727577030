#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Proves the fixes of the SPF cases: each record that a finding offers to publish is put into the
case's zone or recording in place of what is there at that name and type, and the audit is run
again. The finding must be gone, and nothing worse than a remark may have come.

usage: prove.py PROGRAM CASES/run.py
Prints TAP.
"""
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

NOW = "1748736000"
# What a fix may bring to light: what could not be evaluated before, and, behind a new all term,
# addresses that the finding's neighbour offers to authorise.
UNCOVERED = {
    "spf.syntax": {"spf.include-without-record"},
    "spf.multiple-records": {"spf.include-unavailable"},
    "spf.neutral-default": {"spf.softfail"},
}
LINE = re.compile(r"^(\S*)\s+(?:\d+\s+)?(?:IN\s+)?([A-Z]+)\s")
QUESTION = re.compile(r"^(\S+) (\S+) ")


def absolute(owner, origin):
    if owner == "@":
        return origin
    return owner if owner.endswith(".") else f"{owner}.{origin}"


def logical_lines(text):
    """Lines of a zone file, those in parentheses joined."""
    row = ""
    for line in text.splitlines():
        row = f"{row} {line}" if row else line
        bare = re.sub(r'"(?:\\.|[^"\\])*"', "", row)
        if bare.count("(") == bare.count(")"):
            yield row
            row = ""


def overlay_zone(path, records):
    """False where the file is not the zone of any of the records."""
    rows, origin, last = [], "", ""
    for row in logical_lines(path.read_text(encoding="utf-8", errors="surrogateescape")):
        match = LINE.match(row)
        if row.startswith("$ORIGIN"):
            origin = row.split()[1].lower()
        elif match:
            last = absolute(match.group(1).lower(), origin) if match.group(1) else last
            if any((last, match.group(2)) == (r["owner"], r["type"]) for r in records):
                continue
            if not match.group(1):  # the line that named the owner may have gone
                row = last + row
        rows.append(row)
    mine = [r for r in records if (r["owner"] + ".").endswith("." + origin + ".")
            or r["owner"] == origin]
    rows += [f'{r["owner"]} 3600 IN {r["type"]} {r["rdata"]}' for r in mine]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8", errors="surrogateescape")
    return bool(mine)


def overlay_recording(path, records):
    rows, skipping = [], False
    for row in path.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        match = QUESTION.match(row)
        if match:
            skipping = any(match.groups() == (r["owner"], r["type"]) for r in records)
        if not skipping:
            rows.append(row)
    for r in records:
        rows += [f'{r["owner"]} {r["type"]} ok',
                 f' {r["owner"]} 3600 IN {r["type"]} {r["rdata"]}']
    path.write_text("\n".join(rows) + "\n", encoding="utf-8", errors="surrogateescape")
    return True


def audit(program, folder):
    args = shlex.split((folder / "args").read_text())
    for zone in sorted(folder.glob("*.zone")):
        args += ["--zone", zone.name]
    if (folder / "replay").is_dir():
        args += ["--replay", "replay"]
    elif "--now" not in args:
        args += ["--now", NOW]
    done = subprocess.run([program, *args, "--format", "json"], cwd=folder, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True)
    try:
        return json.loads(done.stdout)["findings"]
    except (ValueError, KeyError):
        return None


def key(finding):
    return finding["rule"], finding["subject"]


def prove(program, folder, before, finding):
    """What is wrong with the fix of one finding, as text."""
    records = [dict(r, owner=r["owner"].rstrip(".").lower() + ".") for r in finding["records"]]
    with tempfile.TemporaryDirectory(prefix="mailaudit-prove-") as place:
        copy = pathlib.Path(place) / "case"
        shutil.copytree(folder, copy)
        zones = [overlay_zone(zone, records) for zone in copy.glob("*.zone")]
        recording = copy / "replay" / "dns.txt"
        if not (recording.exists() and overlay_recording(recording, records)) and not any(zones):
            return ["no zone to put it into"]
        after = audit(program, copy)
    if after is None:
        return [f"no report with {records}"]
    faults = [f"still there: {f['evidence']}" for f in after if key(f) == key(finding)]
    known = {key(f) for f in before}
    allowed = UNCOVERED.get(finding["rule"], set())
    for f in after:
        if key(f) not in known and f["severity"] not in ("pass", "info") and (
                f["rule"] not in allowed):
            faults.append(f"new: {f['severity']} {f['rule']} {f['subject']}: {f['evidence']}")
    return faults


def main():
    program, cases = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).parent
    number = wrong = 0
    for folder in sorted(p.parent for p in cases.glob("spf-*/args")):
        before = audit(program, folder) or []
        for finding in before:
            if finding["check"] != "spf" or not finding["records"]:
                continue
            number += 1
            faults = prove(program, folder, before, finding)
            wrong += bool(faults)
            print(f"{'not ok' if faults else 'ok'} {number} - {folder.name} {finding['rule']}")
            for fault in faults:
                print(f"# {fault}")
    print(f"1..{number}")
    print(f"# {number - wrong} of {number} fixes proved")
    sys.exit(1 if wrong or number == 0 else 0)


main()
