"""What the lint checks share: the files of the project, and the deviations."""

import os
import re
import subprocess
import sys

DEVIATIONS = "tools/lint/deviations.md"
# Project directories that are searched for <...> and "..." includes.
INCLUDE_DIRS = ("", "contracts", "guest-kernel", "guest-kernel/lib",
                "guest-kernel/arch/x86", "guest-kernel/arch/fake",
                "contracts/stub/arch/x86", "contracts/stub/arch/fake",
                "drivers", "user", "user/lib", "hv", "tools", "tests")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def project_files(*suffixes):
    """Files that belong to the project (git knows or would add them)."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted(f for f in set(listed)
                  if f.endswith(suffixes) and os.path.isfile(f))


def read(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


def includes(path):
    """(line number, text, file or None) of each include in (path)."""
    for number, line in enumerate(read(path).splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(2), resolve(path, *match.groups())


def resolve(path, kind, name):
    """The project's file that an include names; None: not the project's."""
    near = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if kind == '"' and os.path.isfile(near):
        return near
    for directory in INCLUDE_DIRS:
        candidate = os.path.normpath(os.path.join(directory, name))
        if os.path.isfile(candidate):
            return candidate
    return None


class Findings:
    """Collects what a check finds, minus the deviations with a reason."""

    def __init__(self, check):
        self.check = check
        self.count = 0
        self.allowed = dict(self._deviations())
        self.used = set()

    def _deviations(self):
        for number, line in enumerate(read(DEVIATIONS).splitlines(), 1):
            cells = [cell.strip() for cell in line.strip()[1:-1].split("|")]
            if len(cells) != 3 or cells[0] != self.check:
                continue
            if len(cells[2]) < 10:
                self.count += 1
                print(f"{DEVIATIONS}:{number}: no reason is given")
            yield cells[1].strip("`"), cells[2]

    def add(self, subject, text, where=None):
        """One finding about (subject), the name a deviation would have."""
        if subject in self.allowed:
            self.used.add(subject)
            return
        self.count += 1
        print(f"{where or subject}: {text}")

    def finish(self, summary):
        for subject in sorted(set(self.allowed) - self.used):
            self.count += 1
            print(f"{DEVIATIONS}: {self.check} deviation {subject} is not "
                  "needed any more")
        print(f"{self.check}: {summary}, {self.count} findings")
        sys.exit(1 if self.count else 0)


def circles(edges):
    """Strongly connected components of more than one node (Tarjan)."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in sorted(edges):
        if root in index:
            continue
        work = [(root, iter(sorted(edges[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, successors = work[-1]
            for after in successors:
                if after not in edges:
                    continue
                if after not in index:
                    index[after] = low[after] = len(index)
                    stack.append(after)
                    on_stack.add(after)
                    work.append((after, iter(sorted(edges[after]))))
                    break
                if after in on_stack:
                    low[node] = min(low[node], index[after])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        group.append(member)
                        if member == node:
                            break
                    if len(group) > 1:
                        found.append(sorted(group))
    return found
