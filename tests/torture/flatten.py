#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`mailaudit flatten` with each question in turn failed in each way: the networks are the same as
with all answers, or they are said to be incomplete; and the record that is offered never has fewer.

usage: flatten.py MAILAUDIT
"""
import shlex
import sys

import command


def is_whole(case):
    words = shlex.split((case / "args").read_text())
    return words[0] == "flatten" and list(case.glob("*.zone")) and "example.com" in words


def wrong(good, failed):
    """What a failed run says that it may not."""
    (code, base), (other_code, other) = good, failed
    if other["state"] == "incomplete":
        out = [] if other_code == 3 else [f"incomplete, and the exit code is {other_code}"]
        if not any(row["why"] == "failed" for row in other["left"]):
            out.append("incomplete, and no term that failed")
        return out
    out = [f"{key}: {other[key]!r}, not {base[key]!r}"
           for key in ("state", "networks", "records", "left") if other[key] != base[key]]
    return out + ([f"exit code {other_code}"] if other_code != code else [])


CASES = [c for c in sorted(command.CASES.glob("flatten-*")) if is_whole(c)]
COMMAND = command.Command("flatten", lambda case: ["example.com", "--offline"], wrong)
sys.exit(COMMAND.torture(CASES))
