#!/usr/bin/env python3
"""
How a process can enter the kernel, and what can reach a process's memory, read
from the finished kernel image and its objects. Argument: the build directory.

Prints the number of entry points and the lines of trusted code.
"""

import collections
import os
import re
import subprocess
import sys

import commands
from tree import Findings, read

ENTRY = "syscall_entry"
MSR_LSTAR = "0xc0000082"
# MSRs that would open another door: SYSENTER_EIP and CSTAR.
OTHER_DOORS = {"0x176": "SYSENTER_EIP", "0xc0000083": "CSTAR"}
COPY = "ucopy"
COPY_FILE = "guest-kernel/mm/ucopy.c"
# What turns a process's address into memory the kernel can touch, and who may
# use it: the module of the address space itself, and the one copy.
RESOLVE = "space_frame"
RESOLVERS = {"guest-kernel/mm/space.c", COPY_FILE}
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\s+(\S+)\s*(.*)$")
TRUSTED = ("guest-kernel/", "hv/", "hypercall/")
FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:$")


def tool_output(*words):
    return subprocess.run(words, check=True, capture_output=True,
                          text=True).stdout


def disassembly(image):
    """(function, mnemonic, operands) of each instruction."""
    function = "?"
    for line in tool_output("objdump", "-d", "--no-show-raw-insn",
                            image).splitlines():
        match = FUNCTION.match(line)
        if match:
            function = match.group(1)
            continue
        match = INSTRUCTION.match(line)
        if match:
            yield function, match.group(1), match.group(2)


def check_image(findings, image):
    """Looks at every instruction; returns the number of entry points."""
    doors = []
    for function, mnemonic, operands in disassembly(image):
        if mnemonic in ("stac", "clac"):
            findings.add(f"{function} {mnemonic}", "opens user memory to the "
                         "kernel", image)
        if mnemonic.startswith("mov") and operands.endswith(("%ecx", "%rcx")):
            value = operands.split(",")[0].lstrip("$")
            if value == MSR_LSTAR:
                doors.append(function)
            elif value in OTHER_DOORS:
                findings.add(f"{function} {OTHER_DOORS[value]}",
                             "another way in", image)
    if len(doors) != 1:
        findings.add(image, f"LSTAR is written in {len(doors)} places "
                     f"({', '.join(doors) or 'none'}), not in one")
    return len(doors)


def check_objects(findings, compiled):
    """Who defines the entry and the copy, and who uses what they use."""
    defined, used = collections.defaultdict(set), collections.defaultdict(set)
    for command in compiled:
        for line in tool_output("nm", command.output).splitlines():
            kind, symbol = line.split()[-2:]
            (used if kind == "U" else defined)[symbol].add(command.source)
    for symbol in (ENTRY, COPY, RESOLVE):
        if len(defined[symbol]) != 1:
            findings.add(symbol, f"is defined in {len(defined[symbol])} "
                         "objects of the kernel, not in one")
    if defined[COPY] != {COPY_FILE}:
        findings.add(COPY, f"is not defined in {COPY_FILE}")
    for source in sorted(used[RESOLVE] - RESOLVERS):
        findings.add(f"{source} {RESOLVE}", f"{source} reaches user memory "
                     f"without {COPY}()")
    setters = used[ENTRY] - defined[ENTRY]
    if len(setters) > 1:
        findings.add(ENTRY, "is used by " + ", ".join(sorted(setters)))


def trusted_lines(compiled):
    """(lines, files) with code in what every process must trust."""
    sources = {command.source for command in compiled
               if command.source.startswith(TRUSTED)}
    lines = 0
    for source in sources:
        text = re.sub(r"/\*.*?\*/", "", read(source), flags=re.S)
        lines += sum(1 for line in text.splitlines()
                     if line.strip() and not line.strip().startswith("//"))
    return lines, len(sources)


def main():
    build = sys.argv[1]
    image = os.path.join(build, "nuncio-kernel.elf")
    compiled = [c for c in commands.load(build, (image[:-len(".elf")],),
                                         (".c", ".S"))
                if c.output and os.path.exists(c.output)]
    findings = Findings("entries")
    entries = check_image(findings, image)
    check_objects(findings, compiled)
    lines, files = trusted_lines(compiled)
    print(f"kernel entry points: {entries} (+ vectors)")
    print(f"lines of trusted code: {lines} in {files} files")
    findings.finish(f"{image}")


if __name__ == "__main__":
    main()
