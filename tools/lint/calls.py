#!/usr/bin/env python3
"""
No call circles between files: from the symbol tables of the objects, who uses
what whom defines, and every group of files that reach each other. Objects that
are linked together are looked at together. Argument: the build directory.
"""

import collections
import os
import subprocess
import sys

import commands
from tree import Findings, circles


def symbols(path):
    """(defined, used) global names of one object file."""
    defined, used = set(), set()
    listed = subprocess.run(["nm", "-g", path], check=True,
                            capture_output=True, text=True).stdout
    for line in listed.splitlines():
        kind, name = line.split()[-2:]
        (used if kind in "Uw" else defined).add(name)
    return defined, used


def group_of(build, command):
    """Objects of one group may be linked together: the folder they are in."""
    below = os.path.relpath(command.output, build).split("/")
    return "/".join(below[:2]) if below[0] in ("unit", "fuzz") else below[0]


def main():
    build = sys.argv[1]
    findings = Findings("calls")
    groups = collections.defaultdict(list)
    for command in commands.load(build, ("all",)):
        if os.path.exists(command.output):
            groups[group_of(build, command)].append(command)
    seen = set()
    for group, members in sorted(groups.items()):
        tables = {c.source: symbols(c.output) for c in members}
        definers = collections.defaultdict(set)
        for source, (defined, _) in tables.items():
            for name in defined:
                definers[name].add(source)
        edges = {source: {d for name in used for d in definers[name]} -
                 {source} for source, (_, used) in tables.items()}
        for circle in circles(edges):
            if tuple(circle) in seen:
                continue
            seen.add(tuple(circle))
            why = [f"  {a} uses {', '.join(sorted(n for n in tables[a][1] if b in definers[n]))} of {b}"
                   for a in circle for b in sorted(edges[a]) if b in circle]
            findings.add("circle " + " ".join(circle),
                         "call circle among " + " ".join(circle) + "\n" +
                         "\n".join(why), group)
    count = sum(map(len, groups.values()))
    if count == 0:
        findings.add(build, "has no objects to look at")
    findings.finish(f"{count} objects in {len(groups)} groups")


if __name__ == "__main__":
    main()
