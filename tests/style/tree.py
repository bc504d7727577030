# SPDX-License-Identifier: MIT
"""The project's files and their text, for the gates beside this file. Not a gate itself.

A gate is a program with an exit code: 0 holds, 1 does not (each fault on a line, FILE:LINE: what),
77 could not be looked at, because its tool is not installed.
"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = {".git", "__pycache__", "subprojects"}


def files(*suffixes, under=()):
    """Files of the tree, sorted, as paths relative to ROOT; build folders left out."""
    found = []
    for path in (ROOT / part for part in under) if under else [ROOT]:
        found += _walk(path)
    return sorted(
        path.relative_to(ROOT) for path in found if not suffixes or path.name.endswith(suffixes)
    )


def _walk(path):
    if path.is_file() and not path.is_symlink():
        yield path
    elif path.is_dir() and path.name not in SKIPPED:
        if (path / "build.ninja").exists() or path.name.startswith("build"):
            return
        for child in path.iterdir():
            yield from _walk(child)


def c_sources(*under):
    """The C files below the folders given, or all of them."""
    return files(".c", ".h", under=under)


def read(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


_TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL
)


def bare(text):
    """C text with comments, strings and character constants blanked; lines stay where they are."""

    def blank(match):
        token = match.group()
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)

    return _TOKEN.sub(blank, text)


def line_comments(text):
    """Line numbers of comments that start with //."""
    return [line_of(text, m.start()) for m in _TOKEN.finditer(text) if m.group()[:2] == "//"]


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def functions(text):
    """(name, first line, body) of each function in bare() text, by the tree's brace style: the
    body's braces stand alone in the first column."""
    for match in re.finditer(r"^\{\n(.*?)^\}", text, re.M | re.S):
        head = text[: match.start()].rstrip()
        start = max(head.rfind("\n\n"), head.rfind("}\n"), head.rfind(";\n")) + 1
        name = re.search(r"([A-Za-z_]\w*)\s*\(", head[start:])
        if name:
            yield name.group(1), line_of(text, start + name.start()), match.group(1)


def finish(faults):
    """Prints the faults and ends the program."""
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


def tool(name):
    """Where a tool is; without it the gate is skipped, and says so."""
    path = shutil.which(name)
    if not path:
        print(f"skipped: {name} is not installed")
        sys.exit(77)
    return path


def run(*command):
    """Runs a tool from ROOT; returns its exit code and what it said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout
