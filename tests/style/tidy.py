# SPDX-License-Identifier: MIT
"""clang-tidy over the program, for external.py: a process a file (over several, version 14 finds
va_list errors that are not there), and no file twice that was found good and has not changed."""
import concurrent.futures
import hashlib
import json
import os
import re

import tree

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
FAULT = re.compile(r" (error|warning): ")
OBJECT = re.compile(r"^(\S+): #deps \d+, .*\n((?:    .+\n)*)", re.M)


def run(build):
    """(exit code, faults)"""
    stamps = build / "clang-tidy"
    stamps.mkdir(exist_ok=True)
    todo = {path: stamps / key for path, key in keys(build) if not (stamps / key).exists()}
    code, faults = 0, []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for path, (failed, out) in zip(todo, pool.map(lambda path: look(build, path), todo)):
            if failed:
                code = 1
                faults.append(short(out))
            else:
                todo[path].touch()
    return code, "\n".join(faults)


def look(build, path):
    return tree.run("clang-tidy", "-quiet", "-p", build, path)


def short(out):
    """Each fault with its line and the mark below it; how it could come to it is left out."""
    rows = COLOUR.sub("", out).splitlines()
    near = [range(max(0, i - 2), i + 1) for i in range(len(rows))]
    faults = [row for row, lines in zip(rows, near) if any(FAULT.search(rows[i]) for i in lines)]
    return "\n".join(faults) if faults else out


def keys(build):
    """(file, hash of all that its result depends on) of the program's C files, sorted."""
    program = {tree.ROOT / path for path in tree.c_sources("src", "checks")}
    needs = dependencies(build)
    settings = tree.read(".clang-tidy")
    with open(build / "compile_commands.json", encoding="utf-8") as file:
        commands = json.load(file)
    found = {}
    for row in commands:
        path = (build / row["file"]).resolve()
        if path in program:
            parts = [settings, row["command"]]
            parts += [text(build / name) for name in needs.get(row["output"], [row["file"]])]
            found[path] = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return sorted(found.items())


def dependencies(build):
    """What each object file was made from, as ninja knows it; the system's headers left out."""
    _, out = tree.run("ninja", "-C", build, "-t", "deps")
    return {
        name: [row for row in rows.split() if not row.startswith("/usr/")]
        for name, rows in OBJECT.findall(out)
    }


def text(path):
    return path.read_text(encoding="utf-8", errors="replace")
