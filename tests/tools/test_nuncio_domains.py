#!/usr/bin/env python3
"""
Systems of several domains with stand-ins for QEMU and the broker: who is
started with what, what becomes of domains that die or hang, and that nothing is
left behind however it ends. Argument: nuncio.
"""

import json
import os
import signal
import subprocess
import sys
import time
import unittest

from nuncio_domains_base import NUNCIO, Base


class Run(Base):
    def test_each_domain_gets_what_is_its_own(self):
        self.write("do.t", "until:driver:1:7")
        status, out, _ = self.run_it("--archive", f"{self.work}/a")
        self.assertEqual((status, out), (7, "output\n"))
        main = self.read("command.t")
        driver = self.read("command.driver")
        for line, name in ((main, "t"), (driver, "driver")):
            self.assertIn("-M q35,memory-backend=mem ", line)
            self.assertIn("memory-backend-memfd,id=mem,size=64M,share=on",
                          line)
            self.assertRegex(line, r"socket,id=nuncio,path=\S+/%s\.sock "
                             r"-device vhost-user-fs-pci,chardev=nuncio,"
                             r"tag=nuncio,queue-size=1024" % name)
        self.assertNotIn("d.img", main)
        self.assertIn("d.img", driver)
        self.assertIn("import fs domain=driver\n", self.read("a"))
        self.assertIn("arg=export=fs\n", self.read("a.driver"))
        self.assertIn("the file image/fs", self.read("a.driver"))
        self.assertNotIn("the file image/fs", self.read("a"))
        self.assertIn("add driver watchdog_ms=3000\n", self.read("asked"))

    def test_driver_starts_before_main(self):
        self.write("do.t", "until:driver:1:0")
        self.assertEqual(self.run_it()[0], 0)
        order = self.pids("broker") + self.pids("driver") + self.pids("t")
        self.assertEqual(order, sorted(order))

    def test_domain_that_dies_is_started_again(self):
        self.write("do.driver", "die die run")
        self.write("do.t", "until:driver:3:7")
        status, out, err = self.run_it()
        self.assertEqual((status, out), (7, "output\n"))
        self.assertIn("nuncio: domain driver was started again: it ended 2 "
                      "times and hung 0 times\n", err)

    def test_domain_that_hangs_is_started_again(self):
        self.write("do.driver", "hang run")
        self.write("do.t", "until:driver:2:7")
        status, _, err = self.run_it("--watchdog", "0.5")
        self.assertEqual(status, 7)
        self.assertIn("it ended 0 times and hung 1 times", err)
        self.assertIn("add driver watchdog_ms=500\n", self.read("asked"))

    def test_domain_that_is_slow_to_boot_does_not_hang(self):
        self.write("do.driver", "slow")
        child = self.start("up", "--system", f"{self.work}/s", "--watchdog",
                           "0.5")
        self.assertIn(b" serves in ", child.stdout.readline())
        self.assertEqual(self.end(child, signal.SIGTERM), (0, ""))

    def test_domain_that_never_comes_up_is_given_up(self):
        self.write("do.driver", "fail")
        self.write("do.t", "run")
        status, _, err = self.run_it()
        self.assertEqual(status, 125)
        self.assertIn('nuncio: domain "driver" failed 5 times in a row, the '
                      'last time because its machine ended with status 3\n',
                      err)
        self.assertIn("driver: life 5\n", err)
        self.assertIn("driver: qemu: cannot do it\n", err)

    def test_domain_that_keeps_panicking_is_given_up(self):
        self.write("do.driver", "panic")
        self.write("do.t", "run")
        status, _, err = self.run_it()
        self.assertEqual(status, 125)
        self.assertIn("because its kernel panicked\n", err)

    def test_domain_that_others_kill_is_never_given_up(self):
        self.write("do.t", "until:driver:9:3")
        child = self.start("run", "--exec", "x")
        for life in range(1, 9):
            self.wait(lambda n=life: self.lives("driver") >= n, "no life")
            time.sleep(0.5)  # that it says hello is seen five times a second
            os.kill(self.pids("driver")[-1], signal.SIGKILL)
        _, err = child.communicate(timeout=20)
        self.assertEqual(child.returncode, 3)
        self.assertIn(b"it ended 8 times", err)
        self.assert_gone()

    def test_time_limit_shows_the_drivers_log(self):
        self.write("do.t", "run")
        status, _, err = self.run_it("--timeout", "3")
        self.assertEqual(status, 124)
        self.assertIn("driver: life 1\n", err)
        self.assertIn("driver: terminal: driver speaks\n", err)

    def test_verbose_shows_what_drivers_say(self):
        self.write("do.t", "until:driver:1:0")
        err = self.run_it("--verbose")[2]
        self.assertIn("driver: life 1\n", err)
        self.assertIn("qemu-system-x86_64 \\\n", err)

    def test_each_domain_has_a_trace(self):
        self.write("do.t", "until:driver:2:0")
        self.write("do.driver", "die run")
        self.run_it("--trace", f"{self.work}/trace")
        self.assertEqual(self.read("trace"), "records t 1")
        self.assertEqual(self.read("trace.driver"), "records driver 1")
        self.assertEqual(self.read("trace.driver.2"), "records driver 2")

    def test_signals_leave_nothing(self):
        self.write("do.t", "run")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            child = self.start("run", "--exec", "x")
            self.wait(lambda: self.lives("t"), "no main domain")
            self.assertEqual(self.end(child, number)[0], 128 + number)
            self.assert_gone()
            os.remove(f"{self.work}/hello.t")

    def test_signal_before_the_broker_answers(self):
        self.write("broker", "late")
        self.write("do.t", "run")
        child = self.start("run", "--exec", "x")
        self.wait(lambda: self.pids("broker"), "no broker")
        self.assertEqual(self.end(child, signal.SIGTERM)[0],
                         128 + signal.SIGTERM)
        self.assert_gone()

    def test_killed_launcher_leaves_nothing(self):
        self.write("do.t", "run")
        child = self.start("run", "--exec", "x")
        self.wait(lambda: self.lives("t"), "no main domain")
        self.assertTrue(os.listdir(f"{self.work}/tmp"))
        self.end(child, signal.SIGKILL)
        self.assert_gone()

    def test_broker_that_dies_ends_the_run(self):
        self.write("do.t", "run")
        child = self.start("run", "--exec", "x")
        self.wait(lambda: self.lives("t"), "no main domain")
        self.write("broker", "dead")
        _, err = child.communicate(timeout=20)
        self.assertEqual(child.returncode, 125)
        self.assertIn(b"the broker ended, with status 3\n", err)
        self.assertIn(b"nuncio-broker: lost my mind\n", err)
        self.assert_gone()

    def test_broker_that_is_not_there(self):
        os.remove(f"{self.work}/nuncio-broker")
        self.write("pids", "")
        status, _, err = self.run_it()
        self.assertEqual(status, 125)
        self.assertIn("the broker ended at once, with status 1", err)
        self.assertIn("/nuncio-broker: No such file", err)

    def test_dry_run_prints_all_domains_and_starts_none(self):
        self.write("pids", "")
        status, out, _ = self.run_it("--dry-run")
        self.assertEqual(status, 0)
        self.assertEqual([line for line in out.splitlines()
                          if line.startswith("#")],
                         ["# domain driver", "# domain t"])
        self.assertEqual(self.read("pids"), "")

    def test_ps_finds_the_system(self):
        self.write("do.t", "run")
        child = self.start("run", "--exec", "x")
        self.wait(lambda: self.lives("t"), "no main domain")
        done = subprocess.run([NUNCIO, "ps"], capture_output=True, text=True,
                              env=self.env, timeout=20, check=True)
        self.assertRegex(done.stdout, r"(?m)^system .*/nuncio-\d+\.\w+$")
        self.assertRegex(done.stdout, r"(?m)^driver +1  running +1 +61\.5s +"
                         rf"{self.pids('driver')[0]} +0 +64 MiB$")
        self.assertRegex(done.stdout, r"(?m)^fs +driver +process +yes$")
        self.assertRegex(done.stdout, r"(?m)^t +driver +up +1 +- +- +- +\d+ +"
                         r"[1-9]\d*$")
        done = subprocess.run([NUNCIO, "ps", "--json"], capture_output=True,
                              env=self.env, timeout=20, check=True)
        system = json.loads(done.stdout)[0]
        driver, main = system["domains"]
        self.assertEqual((driver["name"], driver["kind"], driver["pid"]),
                         ("driver", "driver", self.pids("driver")[0]))
        self.assertIn({"name": "fs", "placement": "process", "exported": True},
                      driver["services"])
        self.assertEqual(main["imports"], [{"name": "fs", "domain": "driver"}])
        link = main["links"][0]
        self.assertEqual((link["peer"], link["state"], link["epoch"]),
                         ("driver", "up", 1))
        self.assertGreater(link["calls_per_s"], 0)
        self.end(child, signal.SIGTERM)

    def test_ps_when_nothing_runs(self):
        done = subprocess.run([NUNCIO, "ps", "--json"], capture_output=True,
                              env=self.env, timeout=20, check=True)
        self.assertEqual(json.loads(done.stdout), [])


class Up(Base):
    def up(self, *words):
        self.system = f"{self.work}/system"
        child = self.start("up", "--system", self.system, *words)
        self.assertEqual(child.stdout.readline().decode(),
                         f"nuncio: t serves in {self.system}: driver:fs\n")
        return child

    def domains(self):
        done = subprocess.run([NUNCIO, "ps", "--json", "--system",
                               self.system], capture_output=True, check=True,
                              env=self.env, timeout=20)
        return {domain["name"] for domain in json.loads(done.stdout)[0]
                ["domains"]}

    def test_clients_join_under_names_of_their_own(self):
        up = self.up()
        self.write("do.t", "run")
        clients = []
        for name in ("t", "t-2", "t-3"):
            clients.append(self.start("run", "--exec", "x", "--system",
                                      self.system))
            self.wait(lambda n=name: self.lives(n), f"no {name}")
        self.assertEqual(self.domains(), {"driver", "t", "t-2", "t-3"})
        self.assertEqual(self.end(clients[1], signal.SIGTERM)[0],
                         128 + signal.SIGTERM)
        self.assertEqual(self.domains(), {"driver", "t", "t-3"})
        self.write("do.t", "exit5")
        self.assertEqual(self.run_it("--system", self.system,
                                     check_gone=False)[:2], (5, "output\n"))
        self.assertEqual(len(self.pids("driver")), 1)
        # A client that is killed is removed all the same.
        self.end(clients[0], signal.SIGKILL)
        self.wait(lambda: self.domains() == {"driver", "t-3"}, "t stays")
        self.assertNotIn("t.about", os.listdir(self.system))
        # And when the system ends, so does the client that is left.
        self.assertEqual(self.end(up, signal.SIGINT), (0, ""))
        _, err = clients[2].communicate(timeout=20)
        self.assertEqual(clients[2].returncode, 125)
        self.assertIn(b"nuncio: the system that was joined has ended\n", err)
        self.assert_gone()
        self.assertEqual(sorted(os.listdir(self.system)),
                         ["driver.log", "nuncio-broker.log"])
        self.assertIn("life 1\n", self.read("system/driver.log"))

    def test_killed_up_leaves_no_process_and_no_socket(self):
        child = self.up()
        self.end(child, signal.SIGKILL)
        self.assert_gone()
        self.wait(lambda: sorted(os.listdir(self.system)) ==
                  ["driver.log", "nuncio-broker.log"], "sockets are left")

    def test_up_starts_again_what_dies(self):
        self.write("do.driver", "die run")
        child = self.up()
        self.wait(lambda: self.lives("driver") == 2, "no second life")
        status, err = self.end(child, signal.SIGTERM)
        self.assertEqual(status, 0)
        self.assertIn("it ended 1 times", err)
        self.assertIn("(its machine ended with status 3); it is started again",
                      self.read("system/driver.log"))
        self.assert_gone()

    def test_up_gives_up(self):
        self.write("do.driver", "fail")
        child = self.start("up", "--system", f"{self.work}/s")
        _, err = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 125)
        self.assertIn(f"nuncio: {self.work}/s/driver.log ends:\n".encode(),
                      err)
        self.assert_gone()

    def test_a_directory_has_one_system(self):
        self.up()
        other = self.start("up", "--system", self.system)
        _, err = other.communicate(timeout=20)
        self.assertEqual(other.returncode, 125)
        self.assertIn(b"a system runs there", err)
        self.assertEqual(self.domains(), {"driver"})

    def test_joining_what_is_not_there(self):
        self.write("pids", "")
        os.makedirs(f"{self.work}/nobody")
        for name, why in (("nobody", "no system runs there"),
                          ("nowhere", "No such file or directory")):
            status, _, err = self.run_it("--system", f"{self.work}/{name}")
            self.assertEqual(status, 125)
            self.assertIn(why, err)
        self.assertEqual(self.read("pids"), "")

    def test_joining_a_system_without_the_domain(self):
        self.up()
        status, _, err = self.run_it("--system", self.system, "--place",
                                     "fs=domain:other", check_gone=False)
        self.assertEqual(status, 125)
        self.assertIn('has no domain "other", where service "fs" is to be',
                      err)

    def test_nothing_to_be_up(self):
        for words in (("up",), ("run", "--exec", "x")):
            child = self.start(*words, "--place", "fs=process", "--system",
                               f"{self.work}/s")
            _, err = child.communicate(timeout=20)
            self.assertEqual(child.returncode, 125)
            self.assertIn(b"is placed in another domain", err)
            self.assertFalse(os.path.exists(f"{self.work}/s"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
