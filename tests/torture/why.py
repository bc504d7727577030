#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`mailaudit why` with each question in turn failed in each way: it says the same as with all
answers, or that it does not know; a failure is never a pass, nor a reason to refuse.

usage: why.py MAILAUDIT
"""
import shlex
import sys

import command


def arguments(case):
    words = shlex.split((case / "args").read_text())[1:]
    return [w for w in words if w not in ("--format", "json")]


def wrong(good, failed):
    """What a failed run says that it may not."""
    (code, base), (other_code, other) = good, failed
    if other["result"] == "unknown" or (other["result"], other["helo_result"]) == (
            "pass", "unknown"):
        return [] if other_code == 3 else [f"unknown, and the exit code is {other_code}"]
    if other_code != code:
        return [f"exit code {other_code}"]
    out = [f"{key}: {other[key]!r}, not {base[key]!r}" for key in ("result", "matched", "domain")
           if other[key] != base[key]]
    if other["records"] != base["records"] and other["result"] != "none":
        out.append(f"other records: {other['records']}")
    if other["host"] not in (base["host"], "unknown"):
        out.append(f"host: {other['host']}")
    if other["confirmed"] and not base["confirmed"]:
        out.append("confirmed")
    return out


CASES = [c for c in sorted(command.CASES.glob("why-*")) if list(c.glob("*.zone"))]
sys.exit(command.Command("why", arguments, wrong).torture(CASES))
