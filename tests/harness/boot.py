"""
Boot tests: tests/boot/*.test says what to boot, how, and what must come of it.

A test is a section of an INI file. A run is one boot; a test has one run for
each machine and each combination of placements. Keys:

  config    system configuration in configs/ or tests/boot/
  exec      what the main program shall run
  machines  q35 microvm pc grub-bios grub-uefi        (default: q35)
  cases     words, WORD or WORD:VALUE, each a run: {case} and {value} in `exec`
            and `log-match` stand for them
  place     SERVICE=PLACEMENT|PLACEMENT ...; every combination is a run; a
            placement in another domain is `domain` or `domain:NAME`
  without   combinations left out, as SERVICE=P,SERVICE=P (say why in a comment)
  disk      image for the configuration's disk, made by tests/boot/make-NAME
  args      more arguments for `nuncio run`
  timeout   seconds                                    (default: 60)
  status    exit status                                (default: 0)
  stdout    exact text; stdout-file: exact bytes of a file;
  stdout-command: what a command on the host prints; stdout-match: a regular
  expression that matches somewhere
  log-match / log-without   regular expressions for kernel and launcher messages
  sort      yes: standard output is compared without regard to order
  trace     yes: record the main program's messages
  same      what must be equal in all runs: stdout trace images
  needs     files of the host without which the test is skipped
"""

import configparser
import fnmatch
import glob
import hashlib
import itertools
import os
import re
import subprocess
import time

import machines
import programs
from results import FAILED, PASSED, SKIPPED

KEYS = {"config", "exec", "machines", "place", "without", "disk", "args",
        "timeout", "status", "stdout", "stdout-file", "stdout-command",
        "stdout-match", "log-match", "log-without", "trace", "same", "needs",
        "sort", "cases"}
SAME_KINDS = ("stdout", "trace", "images")
SHOWN_BYTES = 2000


class Run:
    """One boot of one test, and what came of it."""

    def __init__(self, test, name, machine, places, case, directory):
        case, _, value = case.partition(":")
        self.test = {key: text.replace("{case}", case)
                     .replace("{value}", value)
                     for key, text in test.items()}
        self.id = f"boot/{name}/" + "-".join(
            [machine] +
            [p.replace("=", ".").replace(":", ".") for p in places] +
            [case] * bool(case))
        self.machine = machine
        self.places = places
        self.base = os.path.join(
            directory, self.id[len("boot/"):].replace("/", "+"))
        self.passed = False

    def path(self, kind):
        return f"{self.base}.{kind}"


def combinations(test):
    """Every tuple of SERVICE=PLACEMENT words that `place` describes."""
    choices = []
    for word in test.get("place", "").split():
        service, placements = word.split("=")
        choices.append([f"{service}={p}" for p in placements.split("|")])
    without = {frozenset(w.split(",")) for w in test.get("without",
                                                          "").split()}
    return [c for c in itertools.product(*choices)
            if frozenset(c) not in without]


def load(build):
    """{test name: runs} of all files in tests/boot."""
    tests = {}
    directory = os.path.join(build, "boot")
    os.makedirs(directory, exist_ok=True)
    for path in sorted(glob.glob("tests/boot/*.test")):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(path, encoding="utf-8")
        for name in parser.sections():
            section = parser[name]
            unknown = set(section) - KEYS
            if unknown or name in tests:
                raise ValueError(f"{path}: {name}: {unknown or 'is twice'}")
            tests[name] = [
                Run(section, name, machine, places, case, directory)
                for machine in section.get("machines", "q35").split()
                for places in combinations(section)
                for case in section.get("cases", "").split() or [""]]
    return tests


def host_output(command, env):
    return subprocess.run(command, shell=True, check=True, env=env,
                          executable="/bin/bash",
                          stdout=subprocess.PIPE).stdout


def expected_stdout(test, env):
    """The bytes that must come out, or None if the test does not say."""
    if "stdout" in test:
        return (test["stdout"].strip("\n") + "\n").encode()
    if "stdout-file" in test:
        with open(test["stdout-file"], "rb") as file:
            return file.read()
    if "stdout-command" in test:
        command = " ".join(test["stdout-command"].split("\n"))
        return host_output(command, env)
    return None


def in_order(text):
    return b"".join(sorted(text.splitlines(keepends=True)))


def difference(wanted, found):
    """Where two texts part, for people."""
    wanted_lines = wanted.splitlines()
    found_lines = found.splitlines()
    for number, (a, b) in enumerate(
            itertools.zip_longest(wanted_lines, found_lines), 1):
        if a != b:
            return (f"line {number}: expected {a!r}, got {b!r}"
                    [:SHOWN_BYTES])
    return "the same lines, other line ends"


def complaints(run, status, stdout, log, env):
    """What is wrong with the outcome, one text each."""
    test = run.test
    if status is None:
        yield "no end in time"
        return
    if status != int(test.get("status", 0)):
        yield f"exit status {status}, expected {test.get('status', 0)}"
    wanted = expected_stdout(test, env)
    if test.get("sort") == "yes" and wanted is not None:
        wanted, stdout = in_order(wanted), in_order(stdout)
    if wanted is not None and stdout != wanted:
        yield "standard output: " + difference(
            wanted.decode("utf-8", "replace"), stdout.decode("utf-8",
                                                             "replace"))
    text = stdout.decode("utf-8", "replace")
    for pattern in test.get("stdout-match", "").strip().splitlines():
        if not re.search(pattern, text, re.M):
            yield f"standard output has no {pattern!r}"
    for pattern in test.get("log-match", "").strip().splitlines():
        if not re.search(pattern, log, re.M):
            yield f"the log has no {pattern!r}"
    for pattern in test.get("log-without", "").strip().splitlines():
        if re.search(pattern, log, re.M):
            yield f"the log has {pattern!r}"


def save(path, data):
    with open(path, "wb") as file:
        file.write(data)


def images_of(archives):
    """
    A line, hash and name, for each entry of the boot archives, one for each
    domain, but their texts.
    """
    lines = set()
    for archive in archives:
        with open(archive, "rb") as file:
            lines |= images_in(file.read())
    return "".join(sorted(lines)).encode()


def images_in(data):
    lines, at = set(), 0
    while data[at:at + 6] == b"070701":
        size = int(data[at + 54:at + 62], 16)
        name_bytes = int(data[at + 94:at + 102], 16)
        name = data[at + 110:at + 110 + name_bytes - 1].decode()
        start = at + 110 + name_bytes
        start += -start % 4
        if size and name != "manifest":
            digest = hashlib.sha256(data[start:start + size]).hexdigest()
            lines.add(f"{digest}  {name}\n")
        at = start + size
        at += -at % 4
    return lines


def kernel_digest(build):
    with open(f"{build}/nuncio-kernel", "rb") as file:
        return f"{hashlib.sha256(file.read()).hexdigest()}  kernel\n".encode()


def perform(results, build, run):
    """Boots once, judges, and keeps what the comparison will want."""
    missing = [path for path in run.test.get("needs", "").split()
               if not os.path.exists(path)]
    missing += machines.missing(run.machine)
    if missing:
        results.report(run.id, [(run.id, SKIPPED, "there is no " +
                                 ", ".join(missing))], 0)
        return
    env = dict(os.environ, BUILD=build)
    started = time.monotonic()
    try:
        status, stdout, log = machines.boot(build, run, env)
        wrong = list(complaints(run, status, stdout, log, env))
    except (subprocess.CalledProcessError, OSError) as error:
        stdout, log, wrong = b"", "", [str(error)]
    save(run.path("stdout"), stdout)
    save(run.path("log"), log.encode())
    archives = glob.glob(glob.escape(run.path("cpio")) + "*")
    if archives:
        save(run.path("images"), images_of(archives) + kernel_digest(build))
    for archive in archives:
        os.remove(archive)
    if run.test.get("trace") == "yes" and not wrong:
        status, text, _ = programs.run(
            [f"{build}/nuncio", "trace", "--no-times", run.path("rawtrace")],
            60)
        save(run.path("trace"), text.encode())
        if status != 0 or not text:
            wrong.append(f"decoding the trace: status {status}, "
                         f"{len(text)} bytes")
    run.passed = not wrong
    state = FAILED if wrong else PASSED
    shown = stdout[-SHOWN_BYTES:].decode("utf-8", "replace")
    results.report(run.id, [(run.id, state, "; ".join(wrong))],
                   time.monotonic() - started,
                   f"standard output ends:\n{shown}\nlog ends:\n{log}")


def jobs(results, build, patterns):
    """A function to call for each run whose id matches."""
    for runs in load(build).values():
        for run in runs:
            if not patterns or any(fnmatch.fnmatch(run.id, p)
                                   for p in patterns):
                _selected.append(run)
                yield lambda r=run: perform(results, build, r)


_selected = []


def compare(results):
    """After all runs: what must be the same in all runs of a test, is it?"""
    by_test = {}
    for run in _selected:
        by_test.setdefault(run.id.split("/")[1], []).append(run)
    for name, runs in sorted(by_test.items()):
        for kind in runs[0].test.get("same", "").split():
            if kind not in SAME_KINDS:
                raise ValueError(f"{name}: same = {kind}")
            done = [run for run in runs if run.passed]
            test_id = f"boot/{name}/same-{kind}"
            one = compare_kind(test_id, kind, runs, done)
            results.report(test_id, [one], 0)


def compare_kind(test_id, kind, runs, done):
    if len(done) < len(runs) or len(done) < 2:
        return (test_id, FAILED, f"only {len(done)} of {len(runs)} runs to "
                "compare")
    contents = {}
    for run in done:
        with open(run.path(kind), "rb") as file:
            contents[run] = file.read()
    if kind == "images":
        return compare_images(test_id, contents)
    first = done[0]
    for run in done[1:]:
        if contents[run] != contents[first]:
            return (test_id, FAILED, f"{run.path(kind)} differs from "
                    f"{first.path(kind)}: " + difference(
                        contents[first].decode("utf-8", "replace"),
                        contents[run].decode("utf-8", "replace")))
    return (test_id, PASSED, "")


def compare_images(test_id, contents):
    """An image that several runs have must be the same file in all of them."""
    digests, shared = {}, set()
    for run, content in contents.items():
        for line in content.decode().splitlines():
            digest, name = line.split("  ")
            if name in digests:
                shared.add(name)
                if digests[name] != digest:
                    return (test_id, FAILED, f"{run.id} has another {name}")
            digests[name] = digest
    if len(shared) < 2:
        return (test_id, FAILED, "the runs have no images in common")
    return (test_id, PASSED, "")
