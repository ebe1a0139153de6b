#!/usr/bin/env python3
"""
What must not be in any file: paths of somebody's machine, hosts of package
registries, notes of work left undone, white space at line ends.
"""

import os
import re

from tree import Findings, project_files, read

# Written in two pieces so that this file does not find itself.
UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(work|home|Users|root)/\w")
# Any host whose first label is what registries and mirrors call themselves.
REGISTRY = re.compile(r"\b(deb|ftp|security|archive|snapshot|mirrors?|"
                      r"registry|proxy|index|static|files|packages|pypi|npm)"
                      r"\.[\w-]+\.(org|com|io|net|dev)\b")
RULES = ((UNDONE, "a note of undone work"),
         (MACHINE_PATH, "a path of one machine"),
         (REGISTRY, "the host of a package registry"))
BINARY = (".png", ".bin", ".img", ".gz")


def main():
    findings = Findings("text")
    files = [f for f in project_files("")
             if not f.endswith(BINARY) and "/corpus/" not in f]
    for path in files:
        try:
            text = read(path)
        except UnicodeDecodeError:
            findings.add(path, "is not UTF-8")
            continue
        if text and not text.endswith("\n"):
            findings.add(path, "no newline at the end")
        for number, line in enumerate(text.splitlines(), 1):
            where = f"{path}:{number}"
            for pattern, what in RULES:
                match = pattern.search(line)
                if match:
                    findings.add(f"{path} {match.group(0)}",
                                 f"{what}: {match.group(0)}", where)
            if line != line.rstrip():
                findings.add(path, "white space at the end of the line", where)
            if "\t" in line and path.endswith((".c", ".h", ".py")):
                findings.add(path, "tab", where)
        if text.startswith("#!") and not os.access(path, os.X_OK):
            findings.add(path, "starts with #! and is not executable")
    findings.finish(f"{len(files)} files")


if __name__ == "__main__":
    main()
