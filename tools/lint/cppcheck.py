#!/usr/bin/env python3
"""
Runs cppcheck on every source of the project, with the include directories it
is compiled with. Argument: the build directory.
"""

import collections
import os
import re
import subprocess
import sys

import commands
from tree import Findings, project_files

# Not defects here: entry points without a caller in C, and system headers,
# which cppcheck is not shown.
QUIET = ("missingInclude", "missingIncludeSystem", "unusedFunction",
         "unmatchedSuppression", "unusedStructMember", "checkersReport",
         "normalCheckLevelMaxBranches", "toomanyconfigs",
         # Callbacks have the signature of their type, not the least one.
         "constParameterCallback", "constParameter", "constParameterPointer",
         # Matters of taste: house style declares at the head of a block.
         "variableScope", "shadowFunction",
         # Wrong in this version: register variables of inline assembly, and
         # out parameters that are filled by another file.
         "constStatement", "ctuuninitvar", "ctunullpointer")


def main():
    build = sys.argv[1]
    findings = Findings("cppcheck")
    own = set(project_files(".c"))
    groups = collections.defaultdict(list)
    for source, command in commands.once(commands.load(build)).items():
        if source in own:
            flags = tuple(commands.preprocessor_flags(command.flags))
            groups[flags].append(source)
    cache = os.path.join(build, "lint", "cppcheck")
    os.makedirs(cache, exist_ok=True)
    for flags, sources in groups.items():
        done = subprocess.run(
            ["cppcheck", "--quiet", "-j", "2", "--std=c11",
             "--platform=unix64", "--inline-suppr",
             f"--cppcheck-build-dir={cache}",
             "--enable=warning,performance,portability,style",
             "--template={file}:{line}: {severity}: {message} [{id}]",
             "--error-exitcode=1", *(f"--suppress={q}" for q in QUIET),
             *(f for f in flags if not f.startswith("-isystem")), *sources],
            capture_output=True, text=True)
        for line in (done.stdout + done.stderr).splitlines():
            match = re.match(r"(.*?):\d+: .*\[(\w+)\]$", line)
            if match:
                findings.add(f"{match.group(1)} {match.group(2)}", line, "")
    findings.finish(f"{sum(map(len, groups.values()))} sources")


if __name__ == "__main__":
    main()
