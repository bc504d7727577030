#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Functions of at most 60 lines and a complexity of at most 15, by pmccabe."""
import tree

LINES_MAX = 60
COMPLEXITY_MAX = 15


def main():
    code, out = tree.run(tree.tool("pmccabe"), *(p for p in tree.c_sources() if p.suffix == ".c"))
    faults = [out] if code else []
    for row in out.splitlines():
        # modified complexity, traditional, statements, first line, lines, FILE(LINE): NAME
        cells = row.split("\t")
        if len(cells) < 6:
            faults.append(row)
            continue
        if cells[5].split(": ")[-1].isupper():
            continue  # a macro that makes functions: what follows is taken for its body
        complexity, lines = int(cells[1]), int(cells[4])
        if lines > LINES_MAX:
            faults.append(f"{cells[5]}: {lines} lines, {LINES_MAX} are allowed")
        if complexity > COMPLEXITY_MAX:
            faults.append(f"{cells[5]}: complexity {complexity}, {COMPLEXITY_MAX} is allowed")
    tree.finish(faults)


main()
