#!/usr/bin/env python3
"""
The broker behind QEMU's own vhost-user-fs-pci, the device that libvirt makes of
<filesystem>: a driver in this file, through QEMU's test protocol, brings the
device up and says hello; the machine is then reset, quits, is killed.
Argument: nuncio-broker. Skipped (77) where there is no QEMU.
"""

import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from broker_front import (GRANTS, MAILBOX, SETUP, SHARED, STORE_PORT, Broker)

QEMU = "qemu-system-x86_64"
BINARY = os.path.abspath(sys.argv[1])
SLOT = 4 << 11
BAR = 0xfe000000
PCI_ID = 0x105a1af4
# struct virtio_pci_common_cfg
(FEATURE_SELECT, FEATURE, DRIVER_SELECT, DRIVER_FEATURE) = (0, 4, 8, 12)
(STATUS, QUEUE_SELECT, QUEUE_SIZE, QUEUE_ENABLE, QUEUE_NOTIFY) = (
    0x14, 0x16, 0x18, 0x1c, 0x1e)
(QUEUE_DESC, QUEUE_DRIVER, QUEUE_DEVICE) = (0x20, 0x28, 0x30)
SCRATCH = 0x30000


# A firmware that halts, at the address where the processor starts.
FIRMWARE = bytes(65536 - 16) + b"\xfa\xf4\xeb\xfd" + bytes(12)


class Machine:
    """QEMU with a processor that halts; we do its work."""

    def __init__(self, directory, broker_socket):
        self.path = os.path.join(directory, "qtest")
        firmware = os.path.join(directory, "halt.bin")
        with open(firmware, "wb") as file:
            file.write(FIRMWARE)
        self.process = subprocess.Popen(
            [QEMU, "-accel", "tcg", "-machine", "q35,memory-backend=ram",
             "-bios", firmware, "-m", "64", "-nodefaults", "-no-user-config", "-display", "none",
             "-object", "memory-backend-memfd,id=ram,size=64M,share=on",
             "-chardev", f"socket,id=broker,path={broker_socket}",
             "-device", "vhost-user-fs-pci,chardev=broker,tag=nuncio,"
             "queue-size=1024,addr=04.0",
             "-qtest", f"unix:{self.path},server=on,wait=off",
             "-qtest-log", "none"])
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)

    def connect(self):
        end = time.monotonic() + 20
        while True:
            try:
                self.socket.connect(self.path)
                break
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.02)
        self.stream = self.socket.makefile("rw", encoding="ascii", newline="\n")

    def ask(self, *words):
        self.stream.write(" ".join(
            hex(w) if isinstance(w, int) else w for w in words) + "\n")
        self.stream.flush()
        while True:
            answer = self.stream.readline().split()
            if answer and answer[0] == "OK":
                return answer[1] if len(answer) > 1 else None
            if not answer or answer[0] == "FAIL":
                raise RuntimeError(f"{words}: {answer}")

    def config(self, offset, value=None):
        """A 32-bit word of the device's configuration space."""
        self.ask("outl", 0xcf8, 0x80000000 | SLOT | offset)
        if value is None:
            return int(self.ask("inl", 0xcfc), 16)
        return self.ask("outl", 0xcfc, value)

    def get(self, size, address):
        return int(self.ask("read" + size, address), 16)

    def put(self, size, address, value):
        self.ask("write" + size, address, value)

    def write(self, address, data):
        self.ask("write", address, len(data), "0x" + data.hex())

    def read(self, address, count):
        return bytes.fromhex(self.ask("read", address, count)[2:])

    def find_device(self):
        """Where the parts of the device are; its registers are made visible."""
        assert self.config(0) == PCI_ID, hex(self.config(0))
        self.config(0x20, BAR)  # BAR 4, 64 bits
        self.config(0x24, 0)
        self.config(4, self.config(4) & 0xffff | 6)
        self.part = {}
        at = self.config(0x34) & 0xfc
        while at:
            word = self.config(at)
            if word & 0xff == 9 and self.config(at + 4) & 0xff == 4:
                kind = word >> 24
                self.part[kind] = BAR + self.config(at + 8)
                if kind == 2:
                    self.multiplier = self.config(at + 16)
            at = word >> 8 & 0xfc
        self.common = self.part[1]

    def start_device(self):
        """As hv/kvm does: VERSION_1, two queues, DRIVER_OK."""
        put, common = self.put, self.common
        put("b", common + STATUS, 0)
        put("b", common + STATUS, 3)
        put("l", common + FEATURE_SELECT, 1)
        assert self.get("l", common + FEATURE) & 1
        put("l", common + DRIVER_SELECT, 0)
        put("l", common + DRIVER_FEATURE, 0)
        put("l", common + DRIVER_SELECT, 1)
        put("l", common + DRIVER_FEATURE, 1)
        put("b", common + STATUS, 11)
        assert self.get("b", common + STATUS) == 11
        for queue, block in ((0, SHARED), (1, MAILBOX)):
            put("w", common + QUEUE_SELECT, queue)
            put("w", common + QUEUE_SIZE, 1024)
            for register, address in ((QUEUE_DESC, block),
                                      (QUEUE_DRIVER, SCRATCH),
                                      (QUEUE_DEVICE, SCRATCH + 0x1000)):
                put("l", common + register, address)
                put("l", common + register + 4, 0)
            put("w", common + QUEUE_ENABLE, 1)
        put("b", common + STATUS, 15)
        put("w", common + QUEUE_SELECT, 1)
        self.doorbell = (self.part[2] + self.multiplier *
                         self.get("w", common + QUEUE_NOTIFY))

    def hello(self, request):
        body = struct.pack("=IIQIHHQ", 1, 1, GRANTS // 4096, STORE_PORT, 0, 0,
                           0)
        self.write(MAILBOX + 128, struct.pack("=HHi40s", SETUP, 1, -1000, body))
        self.write(MAILBOX, struct.pack("=III", request, 1, 1))
        self.put("w", self.doorbell, 1)
        end = time.monotonic() + 20
        while self.get("l", MAILBOX + 64) != request:
            if time.monotonic() > end:
                raise TimeoutError("no answer to hello")
        result, body = struct.unpack("=i40s", self.read(MAILBOX + 132, 44))
        return (result, *struct.unpack_from("=HHQ", body, 20)[::2])

    def interrupted(self):
        """Whether queue 0's interrupt comes."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self.get("b", self.part[3]) & 1:
                return True
        return False

    def end(self):
        self.socket.close()
        self.process.kill()
        self.process.wait()


class WithQemu(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.broker = Broker(BINARY, self.directory)
        self.addCleanup(self.broker.kill)
        self.path = self.broker.add("a")[1]
        self.start_machine()

    def start_machine(self):
        self.machine = Machine(self.directory, self.path)
        self.addCleanup(self.machine.end)
        self.machine.connect()
        self.machine.find_device()

    def wait_for(self, words):
        end = time.monotonic() + 20
        while words not in self.broker.ask("list")[0]:
            self.assertLess(time.monotonic(), end, self.broker.log_text())
            time.sleep(0.01)

    def test_a_machine_comes_says_hello_and_is_killed(self):
        self.wait_for('"state":"connected"')
        self.machine.start_device()
        self.assertEqual(self.machine.hello(1), (0, 1, 1))
        self.assertTrue(self.machine.interrupted())
        self.wait_for('"state":"running"')
        self.assertNotIn("bad-message", self.broker.log_text())
        self.machine.end()
        self.wait_for('"state":"absent"')
        self.start_machine()
        self.machine.start_device()
        self.assertEqual(self.machine.hello(1), (0, 1, 2))

    def test_a_machine_is_reset(self):
        for epoch in (1, 2, 3):
            self.machine.start_device()
            self.assertEqual(self.machine.hello(epoch), (0, 1, epoch))
            self.machine.put("b", self.machine.common + STATUS, 0)
            self.wait_for('"state":"connected"')
        self.assertNotIn("bad-message", self.broker.log_text())

    def test_a_machine_outlives_the_broker(self):
        self.machine.start_device()
        self.machine.hello(1)
        self.assertEqual(self.broker.stop(), 0)
        self.assertEqual(self.machine.get("b", self.machine.common + STATUS),
                         15)


if __name__ == "__main__":
    if shutil.which(QEMU) is None:
        print(f"no {QEMU}")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
