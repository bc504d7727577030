#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Files of at most 600 lines, lines of at most 100 columns, a licence tag on top, a clean end."""
import tree

LINES_MAX = 600
COLUMNS_MAX = 100
CODE = (".c", ".h", ".py", ".sh", ".build", "meson_options.txt")
SCRIPTS = ("tools/try", "tools/test", "tools/tally", ".ci/run")
TAG = "SPDX-License-Identifier: MIT"
TAG_WITHIN = 3  # the first lines: after "#!" there may be one


def faults_of(path):
    text = tree.read(path)
    lines = text.splitlines()
    if not any(TAG in line for line in lines[:TAG_WITHIN]):
        yield f"{path}:1: no {TAG}"
    if len(lines) > LINES_MAX:
        yield f"{path}:{LINES_MAX + 1}: {len(lines)} lines, {LINES_MAX} are allowed"
    if text and not text.endswith("\n"):
        yield f"{path}:{len(lines)}: no newline at the end"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield f"{path}:{number}: {len(line)} columns, {COLUMNS_MAX} are allowed"
        if line != line.rstrip():
            yield f"{path}:{number}: blanks at the end"
        if "\t" in line:
            yield f"{path}:{number}: a tab"


def main():
    paths = tree.files(*CODE) + [path for path in tree.files() if str(path) in SCRIPTS]
    tree.finish([fault for path in paths for fault in faults_of(path)])


main()
