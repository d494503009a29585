# SPDX-License-Identifier: MIT
"""A running QEMU whose serial console is a pair of pipes: wait for text, type, wait for the end."""

import os
import re
import select
import subprocess
import time


class Lost(Exception):
    """The guest ended or fell silent before it printed what was awaited."""


class Guest:
    """One emulator. `text` is everything it printed, with carriage returns removed."""

    def __init__(self, command, timeout):
        self.deadline = time.monotonic() + timeout
        self.timeout = timeout
        self.text = ""
        self.seen = 0
        self.status = None
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, bufsize=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def _read(self):
        """Take in more output; False at its end. Raises Lost when the time is over."""
        left = self.deadline - time.monotonic()
        if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
            raise Lost(f"no end after {self.timeout:g} seconds")
        data = os.read(self.process.stdout.fileno(), 65536)
        self.text += data.decode("utf-8", "replace").replace("\r", "")
        return bool(data)

    def expect(self, pattern):
        """Wait until the output after the last match contains pattern."""
        regex = re.compile(pattern, re.MULTILINE)
        while True:
            match = regex.search(self.text, self.seen)
            if match:
                self.seen = match.end()
                return match
            if not self._read():
                raise Lost(f"the machine stopped before it printed /{pattern}/")

    def type(self, line):
        """Type a line on the console."""
        self.process.stdin.write(line.encode() + b"\n")

    def press(self, keys):
        """Press keys without a return."""
        self.process.stdin.write(keys.encode())

    def finish(self):
        """Read until the emulator ends; returns its exit status."""
        while self._read():
            pass
        self.status = self.process.wait()
        return self.status


def run_to_end(command, timeout):
    """Boot, read to the end; returns (text, exit status or None, problem or None)."""
    with Guest(command, timeout) as guest:
        try:
            guest.finish()
        except Lost as problem:
            return guest.text, None, str(problem)
        return guest.text, guest.status, None
