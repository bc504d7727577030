#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Calls that are not used here, and comments that are not written here."""
import re

import tree

# name: what to use
BANNED = {
    "alloca": "an arena",
    "asctime": "ma_text() with the parts",
    "atof": "strtod()",
    "atoi": "strtol() with all its checks",
    "atol": "strtol() with all its checks",
    "atoll": "strtoll() with all its checks",
    "ctime": "gmtime_r()",
    "fscanf": "the cursor",
    "gets": "getline()",
    "gmtime": "gmtime_r()",
    "localtime": "gmtime_r(): reports are in UTC",
    "mktemp": "mkstemp()",
    "popen": "posix_spawn()",
    "rand": "nothing: the same input gives the same bytes",
    "scanf": "the cursor",
    "setlocale": "nothing: reports do not depend on the machine",
    "sprintf": "snprintf()",
    "sscanf": "the cursor",
    "stpcpy": "memcpy()",
    "strcat": "snprintf()",
    "strcpy": "memcpy()",
    "strdupa": "an arena",
    "strncat": "snprintf()",
    "strncpy": "memcpy()",
    "strtok": "the cursor, or strtok_r()",
    "system": "posix_spawn()",
    "tempnam": "mkstemp()",
    "tmpnam": "mkstemp()",
    "vsprintf": "vsnprintf()",
}
# what a test may do with its own text
TESTS_MAY = {"sscanf", "strncat", "strncpy"}
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")


def main():
    faults = []
    for path in tree.c_sources():
        text = tree.read(path)
        code = tree.bare(text)
        for match in CALL.finditer(code):
            name = match.group(1)
            if path.parts[0] == "tests" and name in TESTS_MAY:
                continue
            line = tree.line_of(code, match.start())
            faults.append(f"{path}:{line}: {name}() is banned; use {BANNED[name]}")
        for line in tree.line_comments(text):
            faults.append(f"{path}:{line}: // comment; write /* */")
    tree.finish(faults)


main()
