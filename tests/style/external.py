#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Gates that are another program's: external.py NAME BUILD."""
import os
import pathlib
import sys

import tidy
import tree

SHELL_SCRIPTS = ("tools/try", "tools/test", "tools/setup.sh", ".ci/run")
WORDS = "tests/style/words.txt"  # that codespell takes for misspelt ones


def clang_format(_build):
    return tree.run(tree.tool("clang-format"), "--dry-run", "-Werror", *tree.c_sources())


def clang_tidy(build):
    tree.tool("clang-tidy")
    return tidy.run(build)


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
