#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks are pure functions of the target and of observations: no socket, clock, environment,
process or mutable variable in checks/ and src/spf/, and files only where nothing but open() leads.

usage: purity.py [BUILD]    with a build folder, its object files are searched for variables too
"""
import pathlib
import re
import sys

import tree

PURE = ("checks", "src/spf")
NEVER = re.compile(
    r"(?<![\w.>])(socket|connect|bind|listen|accept4?|send(to|msg)?|recv(from|msg)?|poll|select"
    r"|epoll_\w+|getaddrinfo|gethostby\w+|getnameinfo|res_\w+|ares_\w+|uv_\w+|curl_\w+|ub_\w+"
    r"|time|gettimeofday|clock|clock_gettime|localtime\w*|getenv|secure_getenv|setenv|putenv"
    r"|random|srandom|drand48|getrandom|getpid|gethostname|uname|fork|exec\w+|posix_spawn\w*"
    r"|ma_mail_verify\w*|ma_mail_file_\w+|pthread_\w+|dlopen|dlsym|signal|sigaction|exit|abort"
    r"|printf|puts|putchar|perror)\s*\("
    r"|\b(stdout|stderr|stdin|environ)\b"
)
FILES = re.compile(
    r"(?<![\w.>])(fopen|fdopen|freopen|open|openat|fread|fgets|fgetc|getc|getline|getdelim|read"
    r"|pread|fwrite|fputs|fputc|fprintf|write|unlink|rename|remove|stat|fstat|opendir|mmap"
    r"|psl_load_\w+|psl_latest)\s*\("
)
NAMES = re.compile(r"\b([A-Za-z_]\w*)\b")
ENTRY = re.compile(r"\.(open|run|close)\s*=\s*(\w+)")
SYMBOL = re.compile(r"^[0-9a-f]+ .{7} (\S+)\t([0-9a-f]+)\s+(\S+)$", re.M)
LOADER = re.compile(r"(^|_)(open|load)(_|$)")


def reached(bodies, roots):
    """The functions of a file that can be got at from those."""
    seen, todo = set(), list(roots)
    while todo:
        name = todo.pop()
        if name in bodies and name not in seen:
            seen.add(name)
            todo += NAMES.findall(bodies[name][1])
    return seen


def may_read(bodies, entries):
    """The functions that may read files: what only open() leads to. A file without a check of its
    own says by the name which of its functions are for that: lists_load()."""
    if not entries:
        return {name for name in bodies if LOADER.search(name)}
    others = {entries[key] for key in ("run", "close") if key in entries}
    return reached(bodies, [entries.get("open")]) - reached(bodies, others)


def faults_of(path):
    code = tree.bare(tree.read(path))
    for match in NEVER.finditer(code):
        yield f"{path}:{tree.line_of(code, match.start())}: not in a pure function: {match.group()}"
    bodies = {name: (line, body) for name, line, body in tree.functions(code)}
    entries = dict(ENTRY.findall(code))
    allowed = may_read(bodies, entries)
    for name, (line, body) in bodies.items():
        found = FILES.search(body)
        if found and name not in allowed:
            yield f"{path}:{line}: {name}() uses a file outside open(): {found.group()}"
    for name in reached(bodies, {entries.get("run")}):
        called = [word for word in NAMES.findall(bodies[name][1]) if LOADER.search(word)]
        if called:
            yield f"{path}:{bodies[name][0]}: run() leads to {called[0]}()"


def can_change(section):
    name = section.lstrip(".")
    if name.startswith("data.rel.ro"):
        return False
    return name == "*COM*" or name.split(".")[0] in ("data", "bss", "tdata", "tbss")


def variables(build):
    """Object files of pure code that hold a variable which can change."""
    tool = tree.tool("objdump")
    for folder in PURE:
        pattern = f"src/libmailaudit.a.p/*{folder.split('/')[-1]}_*.c.o"
        for path in sorted(build.glob(pattern)):
            _, table = tree.run(tool, "-t", path)
            for section, size, name in SYMBOL.findall(table):
                if int(size, 16) and can_change(section):
                    yield f"{path.name}: {name} can change: it lies in {section}"


def main():
    faults = [fault for path in tree.c_sources(*PURE) for fault in faults_of(path)]
    if len(sys.argv) > 1:
        faults += variables(pathlib.Path(sys.argv[1]))
    tree.finish(faults)


main()
