#!/usr/bin/env python3
"""
Limits: 400 lines a file, 60 a function, and for the conditionals of the
preprocessor 2 in 1,000 lines (where they are allowed at all).
"""

import re

from tree import Findings, project_files, read

FILE_LINES = 400
FUNCTION_LINES = 60
IF_PER_KLOC = 2
IF_FREE = 1  # so that a small file may have its one
CONDITIONAL = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b")
GUARD = re.compile(r"^\s*#\s*ifndef\s+\w+_H_?\s*$")
# Where #if is part of the job: two machines, or two readers of one layout.
IF_ALLOWED = re.compile(r"^(guest-kernel/arch/|hv/xen/|.*_abi\.h$|tests/)")
FUNCTION_NAME = re.compile(r"([A-Za-z_]\w*)\s*\(")


def functions(lines):
    """
    (name, first line, count) of each function. House style puts its braces in
    the first column, which is what this leans on; `make format` keeps it so.
    """
    start = None
    for number, line in enumerate(lines):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            head = start
            while head > 0 and lines[head - 1].strip() and \
                    not lines[head - 1].startswith(("}", "#", " */", "/*")) \
                    and not lines[head - 1].rstrip().endswith((";", "*/")):
                head -= 1
            name = FUNCTION_NAME.search(" ".join(lines[head:start]))
            yield (name.group(1) if name else "?"), head + 1, number - head + 1
            start = None


def main():
    findings = Findings("sizes")
    files = project_files(".c", ".h", ".S", ".l", ".y", ".py")
    total = conditionals = 0
    for path in files:
        lines = read(path).splitlines()
        if len(lines) > FILE_LINES:
            findings.add(path, f"{len(lines)} lines, {FILE_LINES} are enough")
        if path.endswith((".py", ".S")):
            continue
        for name, line, count in functions(lines):
            if count > FUNCTION_LINES:
                findings.add(f"{path}:{name}", f"function of {count} lines, "
                             f"{FUNCTION_LINES} are enough", f"{path}:{line}")
        if IF_ALLOWED.match(path):
            continue
        here = sum(1 for line in lines
                   if CONDITIONAL.match(line) and not GUARD.match(line))
        total += len(lines)
        conditionals += here
        if here > max(IF_FREE, IF_PER_KLOC * len(lines) // 1000):
            findings.add(f"{path} #if", f"{here} preprocessor conditionals")
    if conditionals * 1000 > IF_PER_KLOC * max(total, 1000):
        findings.add("#if", f"{conditionals} conditionals in {total} lines")
    findings.finish(f"{len(files)} files, {conditionals} conditionals")


if __name__ == "__main__":
    main()
