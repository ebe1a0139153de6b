#!/usr/bin/env python3
"""
The broker as it runs: its control socket, machines that connect to it, guests
that speak through it, and those that lie. Argument: nuncio-broker.
"""

import json
import os
import signal
import struct
import sys
import tempfile
import time
import unittest

import broker_front as front
from broker_front import DEST_GREF, DOMID_SELF, SOURCE_GREF, Broker, Front

BINARY = os.path.abspath(sys.argv[1])


class WithBroker(unittest.TestCase):
    options = ()

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.broker = Broker(BINARY, self.directory, *self.options)
        self.addCleanup(self.broker.kill)

    def tearDown(self):
        if self.broker.process.poll() is None:
            self.assertEqual(self.broker.stop(), 0)

    def connect(self, name, *options, **how):
        domid, path = self.broker.add(name, *options)
        machine = Front(path, **how)
        self.addCleanup(machine.close)
        machine.domid = domid
        machine.path = path
        return machine

    def running(self, name, *options):
        machine = self.connect(name, *options)
        machine.start()
        self.assertEqual(machine.hello()[0], 0)
        return machine

    def listed(self, name):
        for line in self.broker.ask("list")[:-1]:
            domain = json.loads(line)
            if domain["name"] == name:
                return domain
        return None

    def wait_state(self, name, state):
        end = time.monotonic() + 5
        while self.listed(name)["state"] != state:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)


class Control(WithBroker):
    def test_domains_are_added_listed_and_removed(self):
        domid, path = self.broker.add("a", "watchdog_ms=500")
        self.assertEqual(domid, 1)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(self.broker.add("b")[0], 2)
        self.assertEqual(self.listed("a")["state"], "absent")
        self.assertEqual(self.broker.ask("read /nuncio/domain/b"), ["ok 2"])
        self.assertEqual(sorted(self.broker.ask("ls /nuncio/domain")),
                         ["name a", "name b", "ok"])
        self.assertEqual(self.broker.ask("remove a"), ["ok"])
        self.assertFalse(os.path.exists(path))
        self.assertIsNone(self.listed("a"))
        # Others may still grant to the old 1.
        self.assertEqual(self.broker.add("c")[0], 3)

    def test_wrong_lines_are_told(self):
        for line in ("", "walk", "add", "add a b", "add a watchdog_ms=",
                     "add a watchdog_ms=-1", "add ../a", "add a/b", "remove x",
                     "add " + "n" * 40, "read x", "read /none", "ls /none",
                     "list a b c d e f", "stop now"):
            answer = self.broker.ask(line)
            self.assertRegex(answer[-1], "^error .{10,}", line)
        self.broker.add("a")
        self.assertRegex(self.broker.ask("add a")[-1], "^error ")

    def test_there_are_63_domains(self):
        for i in range(1, 64):
            self.assertEqual(self.broker.add(f"d{i}")[0], i)
        self.assertRegex(self.broker.ask("add more")[-1], "^error ")
        self.broker.ask("remove d7")
        self.assertEqual(self.broker.add("again")[0], 7)

    def test_stop_leaves_no_sockets(self):
        self.broker.add("a")
        self.assertEqual(self.broker.stop(), 0)
        self.assertEqual(sorted(os.listdir(self.directory)),
                         ["lock", "log"])

    def test_sigterm_leaves_no_sockets(self):
        self.broker.add("a")
        self.broker.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.broker.process.wait(10), 0)
        self.assertEqual(sorted(os.listdir(self.directory)),
                         ["lock", "log"])

    def test_a_directory_has_one_broker(self):
        self.broker.add("a")
        second = Broker(BINARY, self.directory)
        self.addCleanup(second.kill)
        self.assertEqual(second.process.wait(10), 1)
        self.assertEqual(self.listed("a")["domid"], 1)


class Guests(WithBroker):
    def test_hello_gives_domid_and_a_growing_epoch(self):
        a = self.connect("a")
        a.start()
        self.assertEqual(self.listed("a")["state"], "connected")
        self.assertEqual(a.hello(), (0, 1, 1))
        self.assertEqual(self.listed("a")["state"], "running")
        self.assertEqual(
            self.broker.ask("read /local/domain/1/nuncio/epoch"), ["ok 1"])
        self.assertEqual(a.hello(), (0, 1, 2))
        a.close()
        self.wait_state("a", "absent")
        self.assertRegex(self.broker.ask("read /local/domain/1/name")[-1],
                         "^error ")
        a = Front(a.path)
        self.addCleanup(a.close)
        a.start()
        self.assertEqual(a.hello(), (0, 1, 3))

    def test_nothing_is_done_before_hello(self):
        a = self.connect("a")
        a.start()
        self.assertEqual(a.events(front.alloc(5, 0)), [-1])

    def test_hello_is_checked(self):
        a = self.connect("a")
        a.start()
        self.assertEqual(a.hello(version=2)[0], -95)
        self.assertEqual(a.hello(pages=9)[0], -22)
        self.assertEqual(a.hello(pages=0)[0], -22)
        self.assertEqual(a.hello(port=256)[0], -22)
        self.assertEqual(a.hello(frame=1 << 60)[0], -14)
        self.assertEqual(a.hello(frame=255, pages=2)[0], -14)
        self.assertEqual(self.listed("a")["state"], "connected")
        self.assertEqual(a.hello(frame=255)[0], 0)

    def test_copies_go_both_ways_under_grants(self):
        a = self.running("a")
        b = self.running("b")
        a.memory[front.HEAP:front.HEAP + 5] = b"hello"
        a.grant(3, b.domid, front.HEAP // 4096, front.PERMIT | front.READONLY)
        a.grant(4, b.domid, front.HEAP // 4096 + 1)
        b.memory[front.HEAP:front.HEAP + 5] = b"world"
        statuses = [front.copy_status(answer) for answer in b.batch(
            front.copy_op((3, a.domid, 0),
                          (front.HEAP // 4096, DOMID_SELF, 4091), 5,
                          SOURCE_GREF),
            front.copy_op((front.HEAP // 4096, DOMID_SELF, 0),
                          (4, a.domid, 100), 5, DEST_GREF),
            front.copy_op((front.HEAP // 4096, DOMID_SELF, 0),
                          (3, a.domid, 0), 5, DEST_GREF))]
        self.assertEqual(statuses, [0, 0, -1])
        self.assertEqual(b.memory[front.HEAP + 4091:front.HEAP + 4096],
                         b"hello")
        self.assertEqual(a.memory[front.HEAP + 4196:front.HEAP + 4201],
                         b"world")
        self.assertEqual(a.grant_flags(4), front.PERMIT)
        listed = self.listed("b")
        self.assertEqual((listed["copies"], listed["bytes"],
                          listed["copy_errors"]), (3, 10, 1))

    def test_events_reach_the_other_end_once(self):
        a = self.running("a")
        b = self.running("b")
        self.assertEqual(a.events(front.alloc(70, b.domid)), [0])
        b.clear_events()
        self.assertEqual(b.events(front.bind(a.domid, 70, 9)), [0])
        self.assertEqual(b.pending(9), 1)
        a.clear_events()
        self.assertEqual(b.events(front.send(9)), [0])
        self.assertTrue(a.called())
        self.assertEqual((a.pending(70), a.upcall_pending()), (1, 1))
        raised = self.listed("a")["upcalls_raised"]
        self.assertEqual(b.events(front.send(9)), [0])
        self.assertEqual(self.listed("a")["upcalls_raised"], raised)

    def test_who_goes_leaves_unbound_ports_and_dead_grants(self):
        a = self.running("a")
        b = self.running("b")
        a.events(front.alloc(70, b.domid))
        b.events(front.bind(a.domid, 70, 9))
        b.close()
        self.wait_state("b", "absent")
        status = a.batch((front.EVENT_CHANNEL_OP, front.STATUS,
                          struct.pack("=HHI", DOMID_SELF, 0, 70).ljust(
                              40, b"\0")))[0]
        self.assertEqual(status[0], 0)
        self.assertEqual(struct.unpack_from("=I", status[1], 8)[0], 1)
        self.assertEqual(struct.unpack_from("=H", status[1], 16)[0], b.domid)
        self.assertEqual(a.events(front.send(70)), [0])
        answer = a.batch(front.copy_op((1, b.domid, 0), (33, DOMID_SELF, 0), 8,
                                       SOURCE_GREF))[0]
        self.assertEqual(front.copy_status(answer), -2)

    def test_a_silent_guest_is_hung(self):
        a = self.running("a", "watchdog_ms=100")
        time.sleep(0.3)
        self.assertEqual(self.listed("a")["state"], "hung")
        self.assertIn("event=hung", self.broker.log_text())
        a.events(front.alloc(70, 0))
        self.assertEqual(self.listed("a")["state"], "running")


class Liars(WithBroker):
    """Each loses its connection, with a reason in the log; nobody else does."""

    def expect_closed(self, machine, why):
        with self.assertRaises(front.Closed):
            machine.sync()
            machine.sync()
        self.assertIn(why, self.broker.log_text())

    def test_lies_end_the_liar_only(self):
        witness = self.running("witness")
        word = struct.pack("=Q", 0)
        lies = {
            "unknown": (lambda m: m.send(99, word), "not agreed on"),
            "long": (lambda m: m.send(front.SET_FEATURES, bytes(300)),
                     "longer than"),
            "short": (lambda m: m.send(front.SET_FEATURES, b"1234"),
                      "not of the size"),
            "files": (lambda m: m.send(front.SET_FEATURES, word, [0]),
                      "nobody asked for"),
            "manyfiles": (lambda m: m.send(front.SET_MEM_TABLE, word, [0] * 9),
                          "more files than"),
            "version": (lambda m: m.send(front.SET_FEATURES, word, flags=2),
                        "not a request of version"),
            "index": (lambda m: m.send(front.SET_VRING_NUM,
                                       struct.pack("=II", 2, 8)),
                      "no such queue"),
            "kick": (lambda m: m.send(
                front.SET_VRING_KICK, word, [os.open("/dev/zero", 0)]),
                "cannot be waited for"),
            "call": (lambda m: m.send(front.SET_VRING_CALL, word, [0]),
                     "no eventfd"),
            "plain": (lambda m: m.table(files=[os.open("/dev/zero", 0)]),
                      "is no memfd"),
            "beyond": (lambda m: m.table([(0, m.bytes + 4096, front.USER, 0)]),
                       "beyond the end"),
        }
        for name, (lie, why) in lies.items():
            with self.subTest(name):
                machine = self.connect(name)
                lie(machine)
                self.expect_closed(machine, why)
                self.assertEqual(self.listed(name)["bad_messages"], 1)
        self.assertEqual(witness.events(front.alloc(5, 0)), [0])

    def test_memory_that_can_shrink_is_refused(self):
        machine = self.connect("a", seals=0)
        machine.table()
        self.expect_closed(machine, "sealed against shrinking")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
