#!/usr/bin/env python3
"""
What a program wrote last is not lost when the machine ends, even if nobody read
the terminal for a while: QEMU's socket takes some 278 bytes then, the rest waits
in the serial port. Argument: the build directory.
"""

import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = sys.argv[1]
CONFIG = """
name = "t";
services = ({ name = "console"; placement = "kernel"; device = "serial:0"; });
programs = ({ name = "shell"; use = ["console", "clock", "log", "self", "purse",
                                     "space"]; });
"""


def run(config, word, away_s):
    """What the shell says of a command that is not there."""
    with subprocess.Popen([f"{BUILD}/nuncio", "run", config, "--accel", "tcg",
                           "--timeout", "60", "--exec", word],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as child:
        # Stopped while the kernel boots, the launcher reads nothing.
        while b"memory" not in child.stderr.readline():
            pass
        if away_s:
            child.send_signal(signal.SIGSTOP)
            time.sleep(away_s)
            child.send_signal(signal.SIGCONT)
        return child.communicate(timeout=60)[0]


class SlowReader(unittest.TestCase):
    def test_last_bytes_wait_for_the_reader(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
            config.write(CONFIG)
            config.flush()
            around = len(run(config.name, "x", 0)) - 1
            for total in (276, 282, 286, 292):
                word = "x" * (total - around)
                out = run(config.name, word, 1)
                self.assertIn(word.encode(), out)
                self.assertEqual(len(out), total)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
