#!/usr/bin/env python3
"""
The one test runner: unit tests, fuzz targets, tool tests, lint, boot tests.

Called by make, which has built what is named here. Prints one line for each
program, the log of what failed, and ends with exactly one line
`N passed, N failed, N skipped`. Exits non-zero when something failed.
"""

import argparse
import concurrent.futures
import os
import sys

import boot
import programs
from results import FAILED, PASSED, Results

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools/rows"))
import rows  # noqa: E402  (found by the line above)

PARALLEL = 2


def named(text):
    """(name, command) of a NAME=COMMAND argument."""
    name, separator, command = text.partition("=")
    if not name or not separator or not command:
        raise argparse.ArgumentTypeError(f"not NAME=COMMAND: {text}")
    return name, command


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--unit", default="", help="names of unit tests")
    parser.add_argument("--fuzz", default="", help="fuzz targets, NAME or NAME:SECONDS")
    parser.add_argument("--fuzz-seconds", type=int, default=5)
    parser.add_argument("--tool", type=named, nargs="*", default=[],
                        metavar="NAME=COMMAND")
    parser.add_argument("--lint", type=named, nargs="*", default=[],
                        metavar="NAME=COMMAND")
    parser.add_argument("--boot", default=None, nargs="*", metavar="PATTERN",
                        help="boot tests whose id matches; none: all")
    parser.add_argument("--rows", action="store_true",
                        help="check the acceptance rows against the results")
    parser.add_argument("--json", help="where to write the state of each test")
    return parser.parse_args()


def jobs_of(args, results):
    """Functions to call, the quick ones first."""
    for name in args.unit.split():
        yield lambda n=name: programs.run_unit(results, args.build, n)
    for kind, commands in (("lint", args.lint), ("tool", args.tool)):
        for name, command in commands:
            yield lambda k=kind, n=name, c=command: \
                programs.run_command(results, k, n, c)
    for word in args.fuzz.split():
        name, _, seconds = word.partition(":")
        yield lambda n=name, s=seconds: programs.run_fuzz(
            results, args.build, n, int(s or args.fuzz_seconds))
    if args.boot is not None:
        yield from boot.jobs(results, args.build, args.boot)


def main():
    args = parse_args()
    results = Results()
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        running = [pool.submit(job) for job in jobs_of(args, results)]
        for job in running:
            job.result()
    if args.boot is not None:
        boot.compare(results)
    if args.rows:
        wrong = rows.wrong(results.states())
        results.report("rows", [("rows", FAILED if wrong else PASSED,
                                 f"{len(wrong)} rows")], 0, "\n".join(wrong))
    if args.json:
        results.write(args.json)
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
