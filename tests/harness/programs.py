"""Runs test programs: cmocka programs, fuzz targets and plain commands."""

import os
import re
import signal
import subprocess
import time

from results import FAILED, PASSED, SKIPPED

UNIT_TIMEOUT_S = 180
TOOL_TIMEOUT_S = 1500
SKIP_STATUS = 77
TAP_LINE = re.compile(r"^(ok|not ok) \d+( # SKIP)?(?: -)? ?(.*)$")
TAP_PLAN = re.compile(r"^1\.\.(\d+)$")


def run(command, timeout_s, env=None, shell=False, stdin=None):
    """
    Runs (command) with a hard time limit, killing all that it started.

    Returns (status, output, seconds); status is None after a timeout. Output
    is standard output and standard error as one text.
    """
    started = time.monotonic()
    with subprocess.Popen(command, shell=shell, env=env,
                          executable="/bin/bash" if shell else None,
                          stdin=stdin or subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as child:
        try:
            output, _ = child.communicate(timeout=timeout_s)
            status = child.returncode
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            output, _ = child.communicate()
            status = None
    return (status, output.decode("utf-8", "replace"),
            time.monotonic() - started)


def parse_tap(output):
    """([(name, state)], number of tests that were planned) of TAP text."""
    found, planned = [], 0
    for line in output.splitlines():
        plan = TAP_PLAN.match(line)
        if plan:
            planned += int(plan.group(1))
        match = TAP_LINE.match(line)
        if match:
            state = SKIPPED if match.group(2) else \
                PASSED if match.group(1) == "ok" else FAILED
            found.append((match.group(3).strip(), state))
    return found, planned


def run_unit(results, build, name):
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP",
               ASAN_OPTIONS="detect_leaks=1:abort_on_error=0",
               UBSAN_OPTIONS="print_stacktrace=1")
    status, output, seconds = run([f"{build}/unit/{name}/test"],
                                  UNIT_TIMEOUT_S, env=env)
    tests, planned = parse_tap(output)
    found = [(f"unit/{name}/{test}", state,
              "skipped by the test" if state == SKIPPED else "see the log")
             for test, state in tests]
    whole = None
    if status is None:
        whole = f"no end after {UNIT_TIMEOUT_S} s"
    elif planned == 0:
        whole = "runs no tests"
    elif len(tests) != planned:
        whole = f"ended after {len(tests)} of {planned} tests, status {status}"
    elif status != 0 and not any(state == FAILED for _, state in tests):
        whole = f"exit status {status}"
    if whole:
        found.append((f"unit/{name}", FAILED, whole))
    results.report(f"unit/{name}", found, seconds, output)


def run_fuzz(results, build, name, seconds_each):
    work = f"{build}/fuzz/{name}"
    found_dir = f"{work}/found"
    seeds = f"tests/fuzz/corpus/{name}"
    os.makedirs(found_dir, exist_ok=True)
    command = [f"{work}/test", f"-max_total_time={seconds_each}",
               "-timeout=10", "-rss_limit_mb=1500", "-print_final_stats=1",
               f"-artifact_prefix={work}/", found_dir]
    if os.path.isdir(seeds):
        command.append(seeds)
    status, output, seconds = run(command, seconds_each + 120)
    runs = re.search(r"number_of_executed_units:\s*(\d+)", output)
    if status == 0 and runs and int(runs.group(1)) > 0:
        one = (f"fuzz/{name}", PASSED, "")
    else:
        why = "no end" if status is None else f"exit status {status}"
        one = (f"fuzz/{name}", FAILED, why)
    results.report(f"fuzz/{name}", [one], seconds, output)


def run_command(results, kind, name, command):
    """Status 0 passes, 77 skips (the last line says why), others fail."""
    status, output, seconds = run(command, TOOL_TIMEOUT_S, shell=True)
    last = (output.rstrip().splitlines() or [""])[-1]
    if status == 0:
        one = (f"{kind}/{name}", PASSED, "")
    elif status == SKIP_STATUS:
        one = (f"{kind}/{name}", SKIPPED, last or "no reason given")
    else:
        why = f"no end after {TOOL_TIMEOUT_S} s" if status is None \
            else f"exit status {status}"
        one = (f"{kind}/{name}", FAILED, why)
    results.report(f"{kind}/{name}", [one], seconds, output)
