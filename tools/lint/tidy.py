#!/usr/bin/env python3
"""
Runs clang-tidy (see .clang-tidy) on every source of the project, with the flags
it is compiled with. A file whose preprocessed text, flags and configuration
have not changed since it was found clean is not looked at again.
Arguments: the build directory, and perhaps --quick (without the path-sensitive
analyser, which takes nine tenths of the time: for `make check`), and the files
to look at (all).
"""

import concurrent.futures
import hashlib
import os
import subprocess
import sys

import commands
from tree import Findings, project_files, read


# What --quick leaves to `make lint`.
SLOW = "-clang-analyzer-*"


def key_of(command, flags):
    """Hash of everything that clang-tidy's answer depends on."""
    text = subprocess.run(["clang", *flags, "-E", command.source],
                          capture_output=True).stdout
    digest = hashlib.sha256(text)
    digest.update(" ".join(flags).encode())
    digest.update(read(".clang-tidy").encode())
    return digest.hexdigest()


def examine(command, clean_dir, checks):
    """clang-tidy's findings on one source, or an empty text."""
    flags = commands.clang_flags(command.flags)
    mark = os.path.join(clean_dir, key_of(command, flags) +
                        (".quick" if checks else ""))
    if os.path.exists(mark):
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", *checks, command.source,
                           "--", *flags], capture_output=True, text=True)
    if done.returncode == 0:
        with open(mark, "w", encoding="utf-8") as clean:
            clean.write(command.source + "\n")
        return ""
    return (done.stdout + done.stderr).strip()


def main():
    build = sys.argv[1]
    quick = sys.argv[2:3] == ["--quick"]
    only = sys.argv[3 if quick else 2:]
    checks = ["--checks=" + SLOW] if quick else []
    findings = Findings("tidy")
    clean_dir = os.path.join(build, "lint", "tidy")
    os.makedirs(clean_dir, exist_ok=True)
    own = set(project_files(".c"))
    by_source = commands.once(commands.load(build))
    todo = [c for source, c in sorted(by_source.items())
            if source in own and (not only or source in only)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [(c.source, pool.submit(examine, c, clean_dir, checks)) for c in todo]
    for source, job in jobs:
        if job.result():
            findings.add(source, "clang-tidy\n" + job.result())
    for source in sorted(own - set(by_source)):
        findings.add(source, "is compiled by no target")
    findings.finish(f"{len(todo)} sources")


if __name__ == "__main__":
    main()
