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

# Start code calls it, in whatever it is linked with: not a call upwards.
ENTRY = "main"


def symbols(path):
    """(defined, used) global names of one object file."""
    defined, used = set(), set()
    listed = subprocess.run(["nm", "-g", path], check=True,
                            capture_output=True, text=True).stdout
    for line in listed.splitlines():
        kind, name = line.split()[-2:]
        (used if kind in "Uw" else defined).add(name)
    return defined, used


def objects_of(output, links):
    """The compiled objects that a link is made of, through partial links."""
    found = set()
    for name in links[output]:
        found |= objects_of(name, links) if name in links else {name}
    return found


def explain(circle, edges, tables, definers):
    """A line for each call that keeps the circle closed."""
    for user in circle:
        for definer in sorted(edges[user] & set(circle)):
            names = sorted(name for name in tables[user][1]
                           if definer in definers[name])
            yield f"  {user} uses {', '.join(names)} of {definer}"


def main():
    build = sys.argv[1]
    findings = Findings("calls")
    # What the build generates has the shape that its generator gives it.
    sources = {c.output: c.source for c in commands.load(build, ("all",))
               if not c.source.startswith(build)}
    links = commands.links(build, ("all",))
    seen, objects = set(), set()
    for output in sorted(links):
        members = [o for o in sorted(objects_of(output, links))
                   if o in sources and os.path.exists(o)]
        objects.update(members)
        tables = {sources[o]: symbols(o) for o in members}
        definers = collections.defaultdict(set)
        for source, (defined, _) in tables.items():
            for name in defined - {ENTRY}:
                definers[name].add(source)
        edges = {source: {d for name in used for d in definers[name]} -
                 {source} for source, (_, used) in tables.items()}
        for circle in circles(edges):
            if tuple(circle) in seen:
                continue
            seen.add(tuple(circle))
            why = explain(circle, edges, tables, definers)
            findings.add("circle " + " ".join(circle), "call circle among " +
                         " ".join(circle) + "\n" + "\n".join(why), output)
    if not objects:
        findings.add(build, "has no objects to look at")
    findings.finish(f"{len(objects)} objects in {len(links)} links")


if __name__ == "__main__":
    main()
