#!/usr/bin/env python3
"""
The acceptance rows: tests/rows.txt against the results of a test run.

  rows.py BUILD          writes docs/rows.md, after BUILD/results.json
  rows.py BUILD --check  only tells what is not as it says

A row that claims to be shown by tests is wrong unless each named test is among
the results and passed.
"""

import fnmatch
import json
import os
import re
import sys

ROWS = "tests/rows.txt"
PAGE = "docs/rows.md"
ROW = re.compile(r"^([SWFCH]\d+) \| (.+?) \| (.+)$")
SECTIONS = {"S": "Seaborn 2010: system calls as messages",
            "W": "Watson, Cambridge L41: what a system call is",
            "F": "Ford 1994: transfers and their accounting",
            "C": "Chase: Singularity, sealed processes and contracts",
            "H": "L4 and Hurd mails 2004: mappings, strings, time-outs"}
HEAD = """# Acceptance rows

Generated from `tests/rows.txt` and a test run by `make rows`; do not edit.
*shown* rows name the tests that must pass; a row in *part* says what is missing;
*refused* rows say why; the others wait for what they name.
"""


class Row:
    def __init__(self, line):
        match = ROW.match(line)
        if not match:
            raise ValueError(f"{ROWS}: not ID | TEXT | STATE: {line}")
        self.id, self.text, state = match.groups()
        self.tests, self.note = [], ""
        if state.startswith("shown by "):
            self.kind, self.tests = "shown", state[9:].split()
        elif state.startswith("part: ") and " -- " in state:
            tests, self.note = state[6:].split(" -- ", 1)
            self.kind, self.tests = "part", tests.split()
        elif state.startswith("refused: "):
            self.kind, self.note = "refused", state[9:]
        elif state.startswith("needs "):
            self.kind, self.note = "needs", state[6:]
        elif state == "open":
            self.kind = "open"
        else:
            raise ValueError(f"{ROWS}: {self.id}: unknown state: {state}")

    def wrong(self, states):
        """What the results say against this row, one text each."""
        for pattern in self.tests:
            found = fnmatch.filter(states, pattern)
            if not found:
                yield f"{self.id}: no test {pattern} in the results"
            for test in found:
                if states[test] != "passed":
                    yield f"{self.id}: {test} {states[test]}"

    def cells(self):
        tests = ", ".join(f"`{test}`" for test in self.tests)
        if self.kind == "shown":
            return "shown", tests
        if self.kind == "part":
            return "part", f"{tests}; missing: {self.note}"
        return self.kind, self.note


def load():
    with open(ROWS, encoding="utf-8") as lines:
        rows = [Row(line.strip()) for line in lines
                if line.strip() and not line.startswith("#")]
    ids = [row.id for row in rows]
    if len(ids) != len(set(ids)):
        raise ValueError(f"{ROWS}: a row is there twice")
    return rows


def page(rows):
    """The Markdown page."""
    lines = [HEAD]
    counts = {}
    for row in rows:
        counts[row.kind] = counts.get(row.kind, 0) + 1
    lines.append(f"{len(rows)} rows: " + ", ".join(
        f"{counts[kind]} {kind}" for kind in
        ("shown", "part", "refused", "needs", "open") if kind in counts) +
        ".\n")
    for letter, title in SECTIONS.items():
        lines += [f"## {letter}. {title}\n", "| row | what | state | by |",
                  "|---|---|---|---|"]
        lines += [f"| {row.id} | {row.text} | " + " | ".join(row.cells()) +
                  " |" for row in rows if row.id.startswith(letter)]
        lines.append("")
    return "\n".join(lines)


def wrong(states):
    """Everything that is not as the rows or the page say."""
    rows = load()
    found = [text for row in rows for text in row.wrong(states)]
    try:
        with open(PAGE, encoding="utf-8") as file:
            current = file.read()
    except FileNotFoundError:
        current = ""
    if current != page(rows):
        found.append(f"{PAGE} is not what {ROWS} makes; run `make rows`")
    return found


def main():
    if sys.argv[2:] != ["--check"]:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(page(load()))
        if not os.path.exists(f"{sys.argv[1]}/results.json"):
            print("rows: no results to hold them against")
            return 0
    with open(f"{sys.argv[1]}/results.json", encoding="utf-8") as file:
        found = wrong(json.load(file))
    print("\n".join(found) or "rows: all as they say")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
