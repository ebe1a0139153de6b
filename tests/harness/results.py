"""What a test run collects: one state per test id, printed as it comes in."""

import json
import threading

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
LOG_TAIL_LINES = 40


class Results:
    """States of tests by id. Thread safe: the runners work in parallel."""

    def __init__(self):
        self._lock = threading.Lock()
        self._states = {}
        self._reasons = {}

    def add(self, test_id, state, reason=""):
        with self._lock:
            if test_id in self._states:
                state, reason = FAILED, "two tests have the id " + test_id
            self._states[test_id] = state
            self._reasons[test_id] = reason

    def report(self, name, found, seconds, log=""):
        """
        Adds the results of one program and prints one line for it.

        (found) is a list of (id, state, reason). The tail of (log) is shown
        only when one of them failed.
        """
        for test_id, state, reason in found:
            self.add(test_id, state, reason)
        bad = [f for f in found if f[1] == FAILED]
        skipped = [f for f in found if f[1] == SKIPPED]
        word = "FAIL" if bad else "skip" if len(skipped) == len(found) \
            else "pass"
        with self._lock:
            tests = "" if len(found) == 1 else f"{len(found)} tests, "
            print(f"{word}  {name} ({tests}{seconds:.1f} s)")
            for test_id, _, reason in skipped:
                print(f"      skipped {test_id}: {reason}")
            for test_id, _, reason in bad:
                print(f"      failed {test_id}: {reason}")
            if bad and log:
                for line in log.rstrip().splitlines()[-LOG_TAIL_LINES:]:
                    print("      | " + line)
            print(end="", flush=True)

    def count(self, state):
        return sum(1 for s in self._states.values() if s == state)

    def states(self):
        return dict(sorted(self._states.items()))

    def write(self, path):
        with open(path, "w", encoding="utf-8") as out:
            json.dump(self.states(), out, indent=1)
            out.write("\n")

    def finish(self):
        """Prints reasons and the closing line; the status to exit with."""
        for state in (SKIPPED, FAILED):
            for test_id, found in sorted(self._states.items()):
                if found == state:
                    print(f"{state}: {test_id}: {self._reasons[test_id]}")
        failed = self.count(FAILED)
        print(f"{self.count(PASSED)} passed, {failed} failed, "
              f"{self.count(SKIPPED)} skipped", flush=True)
        return 1 if failed or not self.count(PASSED) else 0
