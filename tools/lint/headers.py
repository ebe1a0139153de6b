#!/usr/bin/env python3
"""
Compiles every header alone, with the flags of the code beside it: each must
include what it needs. Argument: the build directory.
"""

import concurrent.futures
import os
import subprocess
import sys

import commands
from tree import Findings, project_files

# Headers of these have no sources beside them: whose flags to use.
BORROWED = (("contracts/stub/arch/fake", "tests/unit"),
            ("guest-kernel/arch/fake", "tests/unit"),
            ("hv/fake", "tests/unit"),
            ("contracts", "drivers"))


def nearest(path, by_source):
    """The command of the source that shares the most of (path)'s folders."""
    for prefix, lender in BORROWED:
        if path.startswith(prefix + "/"):
            path = lender + "/x"
            break
    here = path.split("/")[:-1]

    def shared(source):
        there = source.split("/")[:-1]
        return len(os.path.commonprefix([here, there])), -len(there)

    return max(sorted(by_source), key=shared)


def compile_alone(path, command):
    """The compiler's complaint, or an empty text."""
    done = subprocess.run(
        [command.compiler, *command.flags, "-fsyntax-only", "-x", "c",
         "-include", path, "/dev/null"], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else ""


def main():
    findings = Findings("headers")
    by_source = commands.once(commands.load(sys.argv[1]))
    # The standard headers and the frameworks of tests come from the system.
    headers = project_files(".h")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {path: pool.submit(compile_alone, path,
                                  by_source[nearest(path, by_source)])
                for path in headers}
    for path, job in jobs.items():
        if job.result():
            findings.add(path, "does not compile alone\n" + job.result())
    findings.finish(f"{len(headers)} headers")


if __name__ == "__main__":
    main()
