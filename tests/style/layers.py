#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who may include whom: dependency runs downwards only (docs/design.md, "Where things live")."""
import re

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
PUBLIC = "mailaudit/check.h"

# what a check may use of the C library; a wrapped library's header is named with its check
C_HEADERS = {
    "assert.h", "ctype.h", "errno.h", "inttypes.h", "limits.h", "stdarg.h", "stdbool.h",
    "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "strings.h",
}
# what a check may use of src/: parsers and evaluators, and message/ask.h, which has a message
# verified for it
PURE = ("spf/", "message/")
LIBRARIES = {
    "checks/dkim_opendkim": {"dkim.h"},
    "checks/dkim_private": {"openssl/err.h", "openssl/pem.h", "openssl/x509.h"},
    "checks/org_domain": {"libpsl.h"},
    "checks/rdap_bootstrap": {"jansson.h"},
    "checks/rdap_parse": {"jansson.h"},
    "checks/spf_opinion": {"netinet/in.h", "spf2/spf.h"},
}


def in_checks(path, system, name):
    """A check: the public header, tables in checks/, the SPF evaluator, messages, one library of
    its own."""
    if name == PUBLIC:
        return True
    if system:
        own = LIBRARIES.get(str(path.with_suffix("")), set())
        return name in C_HEADERS or name in own
    return (tree.ROOT / "checks" / name).exists() or name.startswith(PURE) or "/" not in name


def in_spf(path, system, name):
    """The SPF evaluator: pure, the public header and its own."""
    if name == PUBLIC:
        return True
    return name in C_HEADERS if system else (tree.ROOT / path.parent / name).exists()


def in_report(_path, _system, name):
    """A renderer sees findings, never where observations come from."""
    return not re.search(r"observe/|(^|/)(store|sources|registry|audit)\.h$|^(uv|ares|ldns)", name)


def in_observe(path, _system, name):
    """A source knows nothing of checks and findings; the recording is asked for by audit."""
    if path.stem == "recording" and name.endswith("audit.h"):
        return True
    return not re.search(r"report/|spf/|(^|/)(finding|registry|audit|data)\.h$", name)


def in_public(_path, system, name):
    """The public header stands alone."""
    return system and name in C_HEADERS


RULES = [
    ("include", in_public),
    ("checks", in_checks),
    ("src/spf", in_spf),
    ("src/report", in_report),
    ("src/observe", in_observe),
]


def main():
    faults = []
    for folder, allowed in RULES:
        for path in tree.c_sources(folder):
            text = tree.read(path)
            for match in INCLUDE.finditer(text):
                if not allowed(path, match.group(1) == "<", match.group(2)):
                    line = tree.line_of(text, match.start(1))
                    faults.append(f"{path}:{line}: {folder}/ may not include {match.group(2)}")
    tree.finish(faults)


main()
