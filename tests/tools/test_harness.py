#!/usr/bin/env python3
"""
The runner itself: what fails, crashes, hangs or is skipped is reported so, and
the closing line and the exit status tell the truth.
"""

import json
import os
import subprocess
import tempfile
import unittest

RUNNER = os.path.abspath("tests/harness/run.py")


class Runner(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.build = self.directory.name

    def tearDown(self):
        self.directory.cleanup()

    def program(self, name, text):
        """A stand-in for a test program."""
        path = f"{self.build}/unit/{name}"
        os.makedirs(path)
        with open(f"{path}/test", "w", encoding="utf-8") as script:
            script.write("#!/bin/sh\n" + text)
        os.chmod(f"{path}/test", 0o755)

    def run_tests(self, *words):
        """(exit status, last line, states)"""
        done = subprocess.run(
            [RUNNER, "--build", self.build, "--json", f"{self.build}/r.json",
             *words], capture_output=True, text=True)
        with open(f"{self.build}/r.json", encoding="utf-8") as file:
            return (done.returncode, done.stdout.rstrip().splitlines()[-1],
                    json.load(file))

    def test_all_pass(self):
        self.program("good", "printf '1..2\\nok 1 - a\\nok 2 - b\\n'")
        self.assertEqual(self.run_tests("--unit", "good"), (
            0, "2 passed, 0 failed, 0 skipped",
            {"unit/good/a": "passed", "unit/good/b": "passed"}))

    def test_one_fails(self):
        self.program("bad", "printf '1..2\\nok 1 - a\\nnot ok 2 - b\\n'; exit 1")
        status, last, states = self.run_tests("--unit", "bad")
        self.assertEqual((status, last), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertEqual(states["unit/bad/b"], "failed")

    def test_crash_after_some(self):
        self.program("dies", "printf '1..2\\nok 1 - a\\n'; kill -SEGV $$")
        status, _, states = self.run_tests("--unit", "dies")
        self.assertEqual((status, states["unit/dies"]), (1, "failed"))

    def test_error_after_all_passed(self):
        self.program("leaks", "printf '1..1\\nok 1 - a\\n'; exit 23")
        status, _, states = self.run_tests("--unit", "leaks")
        self.assertEqual((status, states["unit/leaks"]), (1, "failed"))

    def test_no_tests_is_failure(self):
        self.program("empty", "exit 0")
        self.assertEqual(self.run_tests("--unit", "empty")[0], 1)

    def test_nothing_at_all_is_failure(self):
        self.assertEqual(self.run_tests(), (
            1, "0 passed, 0 failed, 0 skipped", {}))

    def test_skip_in_program(self):
        self.program("part",
                     "printf '1..2\\nok 1 - a\\nnot ok 2 # SKIP b\\n'")
        self.assertEqual(self.run_tests("--unit", "part")[:2], (
            0, "1 passed, 0 failed, 1 skipped"))

    def test_command_states(self):
        status, last, states = self.run_tests(
            "--tool", "yes=true", "no=exit 3", "skip=echo why; exit 77")
        self.assertEqual((status, last), (1, "1 passed, 1 failed, 1 skipped"))
        self.assertEqual(states, {"tool/yes": "passed", "tool/no": "failed",
                                  "tool/skip": "skipped"})

    def test_same_id_twice_is_failure(self):
        self.program("twice", "printf '1..2\\nok 1 - a\\nok 2 - a\\n'")
        self.assertEqual(self.run_tests("--unit", "twice")[0], 1)


if __name__ == "__main__":
    unittest.main()
