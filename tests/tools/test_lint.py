#!/usr/bin/env python3
"""Each lint check finds what it is there to find, and nothing in a clean tree."""

import os
import subprocess
import sys
import tempfile
import unittest

LINT = os.path.abspath("tools/lint")
sys.path.insert(0, LINT)
import calls  # noqa: E402  (found by the line above)
import entries  # noqa: E402
import tree  # noqa: E402

DEVIATIONS = "tools/lint/deviations.md"
CLEAN = {
    "guest-kernel/mm/frame.c": "#include <mm/frame.h>\n",
    "guest-kernel/mm/frame.h": "int frame_count(void);\n",
    "drivers/fs/fs.c": "#include <stdint.h>\nint fs_start(void);\n",
    DEVIATIONS: "# none\n",
}


def function_of(lines):
    return "int f(void)\n{\n" + "    g();\n" * (lines - 3) + "}\n"


class Lint(unittest.TestCase):
    def run_check(self, check, files):
        """(status, output) of a check on CLEAN changed by (files)."""
        with tempfile.TemporaryDirectory() as tree:
            for name, text in {**CLEAN, **files}.items():
                path = os.path.join(tree, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
            done = subprocess.run([f"{LINT}/{check}.py"], cwd=tree,
                                  capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def assert_finds(self, check, files, text):
        status, output = self.run_check(check, files)
        self.assertEqual(status, 1, output)
        self.assertIn(text, output)

    def test_clean_tree(self):
        for check in ("layers", "sizes", "text"):
            status, output = self.run_check(check, {})
            self.assertEqual(status, 0, output)

    def test_driver_may_not_see_kernel(self):
        self.assert_finds("layers", {
            "drivers/fs/fs.c": '#include "../../guest-kernel/mm/frame.h"\n'},
            "drivers may not include guest-kernel")

    def test_kernel_has_no_c_library(self):
        self.assert_finds("layers", {
            "guest-kernel/mm/frame.c": "#include <stdio.h>\n"}, "<stdio.h>")

    def test_include_circle(self):
        self.assert_finds("layers", {
            "guest-kernel/mm/frame.h": "#include <mm/a.h>\n",
            "guest-kernel/mm/a.h": "#include <mm/frame.h>\n"},
            "include circle")

    def test_file_in_no_layer(self):
        self.assert_finds("layers", {"stray/a.c": ""}, "in no layer")

    def test_long_file(self):
        self.assert_finds("sizes", {"drivers/fs/fs.c": "int a;\n" * 401},
                          "401 lines")

    def test_long_function(self):
        self.assert_finds("sizes", {"drivers/fs/fs.c": function_of(61)},
                          "drivers/fs/fs.c:1: function of 61 lines")
        self.assertEqual(self.run_check("sizes", {
            "drivers/fs/fs.c": function_of(60)})[0], 0)

    def test_conditionals(self):
        self.assert_finds("sizes", {
            "drivers/fs/fs.c": "#if A\n#endif\n#ifdef B\n#endif\n"},
            "2 preprocessor conditionals")

    def test_undone_note(self):
        self.assert_finds("text", {
            "drivers/fs/fs.c": "/* TO" "DO: later */\n"}, "undone work")

    def test_machine_path(self):
        self.assert_finds("text", {
            "drivers/fs/fs.c": "/* see /home" "/me/x */\n"}, "one machine")

    def test_registry_host(self):
        self.assert_finds("text", {
            "drivers/fs/fs.c": "/* mirror" ".example.org */\n"},
            "package registry")

    def test_white_space(self):
        self.assert_finds("text", {"drivers/fs/fs.c": "int a; \n"},
                          "white space")

    def test_deviation_is_accepted_with_reason_only(self):
        long_file = {"drivers/fs/fs.c": "int a;\n" * 401}
        row = "| sizes | `drivers/fs/fs.c` | {} |\n"
        self.assertEqual(self.run_check("sizes", {
            **long_file, DEVIATIONS: row.format("a table of constants")})[0],
            0)
        self.assert_finds("sizes", {**long_file, DEVIATIONS: row.format("")},
                          "no reason")

    def test_stale_deviation(self):
        self.assert_finds("sizes", {
            DEVIATIONS: "| sizes | `gone.c` | a reason of old |\n"},
            "not needed any more")


ONE_DOOR = "set_door:\n mov $0xc0000082, %ecx\n wrmsr\n ret\n"


class Image(unittest.TestCase):
    """What is read from objects and images."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.directory.cleanup()

    def compile(self, name, text):
        source = os.path.join(self.directory.name, name)
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        made = source.rsplit(".", 1)[0] + ".o"
        subprocess.run(["gcc", "-c", source, "-o", made], check=True)
        return made

    def entries_of(self, text):
        """(number of entries, number of findings) of an image."""
        findings = tree.Findings("entries")
        image = self.compile("image.S", text)
        return entries.check_image(findings, image), findings.count

    def test_one_entry(self):
        self.assertEqual(self.entries_of(ONE_DOOR), (1, 0))

    def test_second_entry(self):
        self.assertEqual(self.entries_of(
            ONE_DOOR + ONE_DOOR.replace("set_door", "again")), (2, 1))

    def test_no_entry(self):
        self.assertEqual(self.entries_of("f: ret\n"), (0, 1))

    def test_other_doors(self):
        self.assertEqual(self.entries_of(
            ONE_DOOR + "f: mov $0x176, %ecx\n wrmsr\n ret\n"), (1, 1))

    def test_user_memory_opened(self):
        self.assertEqual(self.entries_of(ONE_DOOR + "f: stac\n clac\n"),
                         (1, 2))

    def test_symbols_and_circles(self):
        made = self.compile("a.c", "int b(void); int a(void)"
                            "{ return b(); }\n")
        self.assertEqual(calls.symbols(made), ({"a"}, {"b"}))
        self.assertEqual(tree.circles({"a": {"b"}, "b": {"c"}, "c": {"a"},
                                       "d": {"a"}}), [["a", "b", "c"]])
        self.assertEqual(tree.circles({"a": {"b"}, "b": {"c"}, "c": set()}),
                         [])


if __name__ == "__main__":
    unittest.main()
