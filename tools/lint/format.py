#!/usr/bin/env python3
"""Tells which C files differ from what `make format` would make of them."""

import concurrent.futures
import difflib
import subprocess

from tree import Findings, project_files, read


def difference(path):
    """The first differing lines, or an empty text."""
    wanted = subprocess.run(["clang-format", path], check=True,
                            capture_output=True, text=True).stdout
    lines = difflib.unified_diff(read(path).splitlines(), wanted.splitlines(),
                                 "is", "should be", n=0, lineterm="")
    return "\n".join(list(lines)[2:8])


def main():
    findings = Findings("format")
    files = project_files(".c", ".h")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, text in zip(files, pool.map(difference, files)):
            if text:
                findings.add(path, "`make format` changes it\n" + text)
    findings.finish(f"{len(files)} files")


if __name__ == "__main__":
    main()
