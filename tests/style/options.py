#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The options of --help and of the manual pages are the same.

usage: options.py MAILAUDIT
"""
import pathlib
import re
import sys

import tree

PAGES = ("docs/mailaudit.1", "docs/mailaudit-batch.1")
UNTOLD = {"now"}  # for tests: in the page only


def main():
    code, help_text = tree.run(pathlib.Path(sys.argv[1]).resolve(), "--help")
    told = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", help_text))
    page = "".join(tree.read(path) for path in PAGES)
    written = set()
    for line in re.findall(r"^\.It Fl .*$", page, re.M):
        written |= set(re.findall(r"(?:Fl|,) -([a-z][a-z-]+)", line))
    faults = [] if code == 0 and told else [f"--help ended with {code}: {help_text}"]
    faults += [f"docs: --{name} is in no manual page" for name in sorted(told - written)]
    faults += [f"--help does not tell of --{name}" for name in sorted(written - told - UNTOLD)]
    tree.finish(faults)


main()
