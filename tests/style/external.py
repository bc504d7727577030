#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Gates that are another program's: external.py NAME BUILD."""
import json
import os
import pathlib
import re
import sys

import tree

SHELL_SCRIPTS = ("tools/try", "tools/test", "tools/setup.sh", ".ci/run")
WORDS = "tests/style/words.txt"  # that codespell takes for misspelt ones
FAULT = re.compile(r" (error|warning): ")


def compiled(build):
    """The program's C files that the build compiles."""
    with open(build / "compile_commands.json", encoding="utf-8") as file:
        commands = json.load(file)
    paths = {(build / row["file"]).resolve() for row in commands}
    program = {tree.ROOT / path for path in tree.c_sources("src", "checks")}
    return sorted(paths & program)


def clang_format(_build):
    return tree.run(tree.tool("clang-format"), "--dry-run", "-Werror", *tree.c_sources())


def clang_tidy(build):
    # one process a file: over several, version 14 finds va_list errors that are not there
    tree.tool("clang-tidy")
    files = [f"^{path}$" for path in compiled(build)]
    jobs = f"-j{os.cpu_count() or 1}"
    code, out = tree.run(tree.tool("run-clang-tidy"), "-quiet", jobs, "-p", build, *files)
    # each fault with its line and the mark below it; how it could come to it is left out
    rows = re.sub(r"\x1b\[[0-9;]*m", "", out).splitlines()
    near = [range(max(0, i - 2), i + 1) for i in range(len(rows))]
    faults = [row for row, lines in zip(rows, near) if any(FAULT.search(rows[i]) for i in lines)]
    return code, "\n".join(faults) if faults else out


def cppcheck(build):
    return tree.run(
        tree.tool("cppcheck"),
        f"--project={build / 'compile_commands.json'}",
        f"-i{build}",
        "--enable=warning,performance,portability",
        "--inline-suppr",
        "--suppressions-list=tests/style/cppcheck.txt",
        "--error-exitcode=1",
        "--quiet",
        f"-j{os.cpu_count() or 1}",
    )


def codespell(_build):
    paths = tree.files(".c", ".h", ".md", ".py", ".sh", ".build", ".1", ".zone", ".txt", ".tsv")
    return tree.run(tree.tool("codespell"), "-I", WORDS, *paths, *SHELL_SCRIPTS)


def shellcheck(_build):
    scripts = [*SHELL_SCRIPTS, *tree.files(".sh", under=("tests",))]
    return tree.run(tree.tool("shellcheck"), "--external-sources", *scripts)


def mandoc(_build):
    pages = tree.files(".1", ".5", ".7", ".8", under=("docs",))
    return tree.run(tree.tool("mandoc"), "-T", "lint", "-W", "warning", *pages)


GATES = {
    "clang-format": clang_format,
    "clang-tidy": clang_tidy,
    "cppcheck": cppcheck,
    "codespell": codespell,
    "shellcheck": shellcheck,
    "mandoc": mandoc,
}


def main():
    name, build = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    code, out = GATES[name](build)
    print(out.strip())
    sys.exit(1 if code else 0)


main()
