#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every function of the headers in include/ has a comment: above it in its paragraph, or beside
it."""
import re

import tree

PROTOTYPE = re.compile(r"^MA_API\b[^;]*?\b(ma_\w+)\s*\([^;]*;", re.M | re.S)


def documented(text, start, end):
    above = text[text.rfind("\n\n", 0, start) + 2 : start]
    beside = text[end : text.find("\n", end)]
    return "/*" in above or "/*" in beside


def main():
    faults = []
    for path in tree.c_sources("include"):
        text = tree.read(path)
        for match in PROTOTYPE.finditer(text):
            if not documented(text, match.start(), match.end()):
                line = tree.line_of(text, match.start())
                faults.append(f"{path}:{line}: {match.group(1)}() has no comment")
    tree.finish(faults)


main()
