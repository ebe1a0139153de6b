"""The commands that compile the project, as make would run them."""

import os
import re
import shlex
import subprocess

GOALS = ("all", "unit", "fuzz-smoke", "tool-tests")
# Options that say what to do with the result, not how the source is read.
WITH_VALUE = {"-o", "-MF", "-MT", "-MQ"}
WITHOUT_VALUE = {"-c", "-MMD", "-MP", "-MD", "-S", "-E"}
ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")


class Command:
    """One compilation: (source) becomes (output) under (flags)."""

    def __init__(self, words):
        self.compiler = words[0]
        self.output = None
        self.source = None
        self.flags = []
        rest = iter(words[1:])
        for word in rest:
            if word in WITH_VALUE:
                value = next(rest, None)
                if word == "-o":
                    self.output = value
            elif word.endswith((".c", ".S")) and not word.startswith("-"):
                self.source = os.path.normpath(word)
            elif word not in WITHOUT_VALUE:
                self.flags.append(word)


def printed_commands(build, goals):
    """Words of each command that make would run."""
    printed = subprocess.run(
        ["make", "-n", "-k", "-B", "--no-print-directory", "V=1",
         f"BUILD={build}", *goals], capture_output=True, text=True).stdout
    for line in printed.replace("\\\n", " ").splitlines():
        for piece in re.split(r"&&|;", line):
            if ".o" not in piece and " -c " not in piece:
                continue
            try:
                words = shlex.split(piece)
            except ValueError:
                continue
            while words and (ASSIGNMENT.match(words[0]) or words[0] == "@"):
                words.pop(0)
            if words:
                yield words


def load(build, goals=GOALS, suffixes=(".c",)):
    """Every compilation for the goals, in make's order."""
    found = []
    for words in printed_commands(build, goals):
        if "-c" not in words:
            continue
        command = Command(words)
        if command.source and command.source.endswith(suffixes):
            found.append(command)
    return found


def links(build, goals=GOALS):
    """{output: [inputs]} of each command that links objects."""
    found = {}
    for words in printed_commands(build, goals):
        if "-c" in words or "-o" not in words[:-1]:
            continue
        output = words[words.index("-o") + 1]
        inputs = [w for w in words[1:] if w.endswith(".o") and w != output]
        if inputs:
            found[output] = inputs
    return found


def once(commands):
    """One command for each source: the first, which is not a test's."""
    by_source = {}
    for command in commands:
        by_source.setdefault(command.source, command)
    return by_source


def clang_flags(flags):
    """
    The same without what only gcc knows; and hosted, so that the analyzer knows
    what memcpy() and its like do.
    """
    return [f for f in flags if not f.startswith((
        "-Wlogical-op", "-Wduplicated", "-Wstack-usage", "-fsanitize",
        "-fno-sanitize", "-ffile-prefix-map", "-ffreestanding"))] + [
            "-Wno-unknown-warning-option"]


def preprocessor_flags(flags):
    """Include directories and definitions only."""
    return [f for f in flags if f.startswith(("-I", "-D", "-U", "-isystem"))]
