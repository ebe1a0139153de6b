#!/usr/bin/env python3
"""
Compiles every header alone, with the flags of the code beside it: each must
include what it needs. Argument: the build directory.
"""

import collections
import concurrent.futures
import os
import subprocess
import sys

import commands
from tree import Findings, includes, project_files

def users_of(files):
    """{header: files that include it}, from the text of (files)."""
    users = collections.defaultdict(set)
    for path in files:
        for _, _, target in includes(path):
            if target:
                users[target].add(path)
    return users


def all_users(header, users):
    """Every source that includes (header), through other headers or not."""
    found, todo = set(), [header]
    while todo:
        for user in users[todo.pop()] - found:
            found.add(user)
            todo.append(user)
    return {user for user in found if not user.endswith(".h")}


def nearest(path, by_source, sources):
    """
    The command to borrow: that of a source that includes the header, or of
    the one that shares the most of its folders.
    """
    here = path.split("/")[:-1]

    def rank(source):
        there = source.split("/")[:-1]
        return (source in sources,
                len(os.path.commonprefix([here, there])), -len(there))

    return max(sorted(by_source), key=rank)


def compile_alone(path, command):
    """The compiler's complaint, or an empty text."""
    done = subprocess.run(
        [command.compiler, *command.flags, "-fsyntax-only", "-x", "c",
         "-include", path, "/dev/null"], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else ""


def main():
    findings = Findings("headers")
    by_source = commands.once(commands.load(sys.argv[1]))
    users = users_of(project_files(".c", ".h", ".S", ".l", ".y"))
    headers = {path: all_users(path, users) for path in project_files(".h")}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {path: pool.submit(compile_alone, path, by_source[
                    nearest(path, by_source, sources)])
                for path, sources in headers.items()
                # What assembly alone includes is assembly.
                if not sources or not all(s.endswith(".S") for s in sources)}
    for path, job in jobs.items():
        if job.result():
            findings.add(path, "does not compile alone\n" + job.result())
    findings.finish(f"{len(headers)} headers")


if __name__ == "__main__":
    main()
