#!/usr/bin/env python3
"""
test_shell.py BUILD: the interactive shell, as somebody at a terminal uses it.
"""

import os
import pty
import re
import select
import sys
import time

TIMEOUT_S = 30
PROMPT = "> "


class Terminal:
    """A system whose terminal is ours."""

    def __init__(self, build):
        pid, self.fd = pty.fork()
        if pid == 0:
            # The log would come in the middle of lines.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.execv(f"{build}/nuncio",
                     ["nuncio", "run", "configs/files.conf", "--build", build,
                      "--disk", f"disk={build}/test/shell.img",
                      "--accel", "tcg", "--timeout", "120"])
        self.pid = pid
        self.text = ""

    def read(self, wanted):
        """What came until (wanted), a pattern, is there."""
        end = time.monotonic() + TIMEOUT_S
        while not re.search(wanted, self.text, re.M):
            ready, _, _ = select.select([self.fd], [], [], 0.2)
            try:
                if ready:
                    piece = os.read(self.fd, 65536)
                    self.text += piece.decode(errors="replace")
            except OSError:
                end = 0
            if time.monotonic() > end:
                sys.exit(f"shell: waited for {wanted!r}, got {self.text!r}")
        text, self.text = self.text, ""
        return text

    def type(self, keys, wanted):
        os.write(self.fd, keys.encode())
        return self.read(wanted)

    def end(self, keys):
        """The status after (keys), which end the shell."""
        os.write(self.fd, keys.encode())
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


# (keys, what must come). Each ends with a pattern that only its outcome has.
STEPS = [
    ("ls\r", r"^bench\r*$[\s\S]*^small\r*$"),
    # Tab completes a name and says that it is a directory.
    ("cd ben\t\r", r"^.*/bench> "),
    ("pwd\r", r"^/bench\r*$"),
    ("ls -l\r", r"^-rw-r--r--   1    0    0      65536 \S+ \S+ file\r*$"),
    # The line before, and the one before that.
    ("\x1b[A\r", r"^-rw-r--r-- .* file\r*$"),
    ("\x1b[A\x1b[A\r", r"^/bench\r*$"),
    ("cat nofile\r", r"^cat: nofile: no such entry\r*$"),
    ("cd nowhere\r", r"^cd: nowhere: no such entry\r*$"),
    ("cd ..\r", r"^.*[^h]/> "),
    # Arrows, Home, End, delete and control letters: "stat /empty" is left. (The
    # launcher's escape is Ctrl-A: twice is once.)
    ("sxat\x1b[D\x1b[D\x7ft\x1b[Hyy\x7f\x7fz\x1b[D\x1b[3~\x1b[F /em\x01\x01"
     "y\x7f\x05pty\r", r"Size: 0\tBlocks: 0\tregular file"),
    ("rubbish\x15pwd\r", r"^/\r*$"),
    ("pwd rubbish\x17\r", r"^/\r*$"),
    # A line that is given up.
    ("no-such-command\x03", r"\^C"),
    ("no-such-command\r", r"^no-such-command: no such command"),
    ("cat 'a quote\r", r"^a quote is not closed\r*$"),
    ("stat '/names/with space'\r", r"Size: 11\t"),
    ("find /links\r", r"^/links/short\r*$"),
    ("find / -name end\r", r"/d19/end\r*$"),
    ("sum /empty\r", r"^e3b0c44298fc1c149afbf4c8996fb924"
                     r"27ae41e4649b934ca495991b7852b855  /empty\r*$"),
    ("ls -l /links/short\r", r"^lrwxrwxrwx .* /links/short -> \.\./empty\r*$"),
    ("services\r", r"^fs +[0-9a-f]{8}  service behind a channel\r*$"),
    ("trace on\r", r"^\d+ messages recorded, 0 lost\r*$"),
    ("trace off\r", r"^[1-9]\d* messages recorded, 0 lost\r*$"),
    ("bench\r", r"^bench stat instructions=\d+\r*$"),
    ("help\r", r"^trace \[on\|off\] "),
    ("exit x\r", r"^usage: exit \[STATUS\]\r*$"),
]


def main():
    terminal = Terminal(sys.argv[1])
    terminal.read(r"help lists the commands[\s\S]*" + PROMPT)
    for keys, wanted in STEPS:
        terminal.type(keys, wanted)
    status = terminal.end("exit 7\r")
    if status != 7:
        sys.exit(f"shell: status {status}, not 7")
    # The end of input ends the shell too.
    terminal = Terminal(sys.argv[1])
    terminal.read(r"help lists the commands[\s\S]*" + PROMPT)
    if terminal.end("\x04") != 0:
        sys.exit("shell: the end of input is not status 0")
    print(f"{len(STEPS)} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
