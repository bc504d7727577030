#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes a table of text as a C header: one string a row, comments and empty lines left out.

usage: embed.py NAME INPUT OUTPUT
"""
import sys


def quoted(row):
    """The row as a C string literal; bytes outside printable ASCII in octal."""
    out = []
    for byte in row.encode():
        if byte in b'"\\':
            out.append("\\" + chr(byte))
        elif byte == 9:
            out.append("\\t")
        elif 32 <= byte < 127:
            out.append(chr(byte))
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def main():
    name, source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        rows = [line.rstrip("\n") for line in file]
    rows = [row for row in rows if row and not row.startswith("#")]
    with open(target, "w", encoding="ascii") as out:
        out.write(f"/* Made by tools/embed.py from {source.rsplit('/', 1)[-1]}. */\n")
        out.write(f"static const char *const {name}[] = {{\n")
        out.writelines(f"    {quoted(row)},\n" for row in rows)
        out.write("};\n")


if __name__ == "__main__":
    main()
