#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The options of --help and of the manual pages are the same; a recording keeps every setting.

usage: options.py MAILAUDIT
"""
import pathlib
import re
import sys

import tree

PAGES = ("docs/mailaudit.1", "docs/mailaudit-batch.1")
PLUG_IN_PAGES = ("docs/check_mailaudit.1",)
# for tests, or another name of an option: in the page only
UNTOLD = {"now", "host", "usage", "verbose", "nagios"}


def compare(due_code, pages, *args):
    code, help_text = tree.run(*args, "--help")
    told = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", help_text))
    page = "".join(tree.read(path) for path in pages)
    written = set()
    for line in re.findall(r"^\.It Fl .*$", page, re.M):
        written |= set(re.findall(r"(?:Fl|,) -([a-z][a-z-]+)", line))
    faults = [] if code == due_code and told else [f"{args} --help ended with {code}: {help_text}"]
    faults += [f"docs: --{name} is in no page of {pages}" for name in sorted(told - written)]
    return faults + [
        f"{args} --help does not tell of --{name}" for name in sorted(written - told - UNTOLD)
    ]


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    faults = compare(0, PAGES, program)
    faults += compare(3, PLUG_IN_PAGES, program, "--nagios")
    recorded = tree.read("src/recorded.c")
    for path in tree.c_sources("src"):
        for name in re.findall(r'\badd_setting\(o, "([a-z-]+)"', tree.read(path)):
            if f'"{name}"' not in recorded:
                faults.append(f"{path}: src/recorded.c does not know the setting {name}")
    tree.finish(faults)


main()
