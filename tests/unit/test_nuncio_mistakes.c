/*
 * System configurations that are wrong: for each mistake that people make the
 * message they get, with its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "nuncio_conf_file.h"

#define PROGRAM "programs = ({ name = \"sh\"; use = [\"fs\"]; });\n"

/* What is read without complaint but makes no system, and what cannot be read:
 * (message) without its file is in the report, and so is (line). */
static const struct mistake {
    const char *text;
    unsigned line;
    const char *message;
} mistakes[] = {
    {"name = \"t\"\nprograms = (", 2, "syntax error"},
    {"name = 5;\n" PROGRAM, 1, "\"name\" of a system must be a string"},
    {"\n" PROGRAM, 0, "a system needs a setting \"name\""},
    {"name = \"t\";\n", 0, "a system needs a setting \"programs\""},
    {"name = \"t\";\nsurprise = 1;\n" PROGRAM, 2,
     "a system has no setting \"surprise\""},
    {"name = \"t\";\nmemory_mib = 0;\n" PROGRAM, 2,
     "\"memory_mib\" is 0, but must be from 1 to 1048576"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; colour = 1; });\n" PROGRAM, 2,
     "a service has no setting \"colour\""},
    {"name = \"t\";\nservices = ({ placement = \"process\"; });\n" PROGRAM, 2,
     "a service needs a setting \"name\""},
    {"name = \"t\";\nservices = ({ name = \"fs\";\n placement = \"moon\"; "
     "});\n" PROGRAM,
     2,
     "service \"fs\": unknown placement \"moon\" (inproc, kernel, "
     "process or domain)"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; device = \"tape:0\"; "
     "});\n" PROGRAM,
     2, "service \"fs\": unknown device \"tape:0\""},
    {"name = \"t\";\nservices = ({ name = \"fs\"; use = [1, 2]; });\n" PROGRAM,
     2, "\"use\" of a service must be an array of strings"},
    {"name = \"t\";\nservices = { name = \"fs\"; };\n" PROGRAM, 2,
     "\"services\" of a system must be a list of groups"},
    {"name = \"t\";\nservices = ( 3 );\n" PROGRAM, 2,
     "\"services\" must be a list of groups"},
    {"name = \"t\";\ndisks = ({ name = \"d\"; });\n" PROGRAM, 2,
     "a disk needs a setting \"image\""},
    {"name = \"t\";\ndisks = ({ name = \"d\"; image = \"i\"; format = \"vhd\"; "
     "});\n" PROGRAM,
     2, "disk \"d\": unknown format \"vhd\" (raw or qcow2)"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; disk = \"d\"; });\n" PROGRAM,
     2, "service \"fs\": there is no disk \"d\""},
    {"name = \"t\";\nservices = ({ name = \"fs\"; disk = \"d\"; device = "
     "\"serial:0\"; });\n" PROGRAM,
     2, "service \"fs\" has a device and a disk"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; options = { a = [1]; }; "
     "});\n" PROGRAM,
     2, "option \"a\" must be a string or a whole number"},
    {"name = \"t\";\n" PROGRAM, 2,
     "\"sh\" uses \"fs\", which is neither a service here nor an object of the "
     "kernel"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; use = [\"fs\"]; "
     "});\n" PROGRAM,
     2, "\"fs\" uses itself"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; use = [\"b\"]; },\n"
     "{ name = \"b\"; use = [\"fs\"]; });\n" PROGRAM,
     3, "service \"b\" uses itself in a circle"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; },\n{ name = \"fs\"; "
     "});\n" PROGRAM,
     3, "\"fs\" is there already, at line 2"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; },\n{ name = \"sh\"; "
     "});\n" PROGRAM,
     4, "\"sh\" is there already, at line 3"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; },\n{ name = \"clock\"; "
     "});\n" PROGRAM,
     3, "service \"clock\": the kernel has an object of that name"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; },\n{ name = \"A b\"; "
     "});\n" PROGRAM,
     3, "service \"A b\": a name is 1 to 12 of"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; device = \"serial:0\"; },\n"
     "{ name = \"g\"; device = \"serial:0\"; });\n" PROGRAM,
     3, "service \"g\" has the device of service \"fs\""},
    {"name = \"t\";\nservices = ({ name = \"fs\"; },\n{ name = \"in\"; "
     "placement = \"inproc\"; });\n" PROGRAM,
     3, "service \"in\" is inproc, but nothing uses it"},
    {"name = \"t\";\nservices = (\n{ name = \"fs\"; placement = \"inproc\"; "
     "});\nprograms = ({ name = \"a\"; main = true; use = [\"fs\"]; },\n"
     "{ name = \"b\"; use = [\"fs\"]; });\n",
     3,
     "service \"fs\" is inproc, so it can have one client only, but 2 use "
     "it: a, b; place it in the kernel or in a process"},
    {"name = \"t\";\nprograms = ({ name = \"a\"; }, { name = \"b\"; });\n", 0,
     "no program is main"},
    {"name = \"t\";\nprograms = ({ name = \"a\"; main = true; },\n"
     "{ name = \"b\"; main = true; });\n",
     3, "program \"b\" is main, but so is \"a\""},
    {"name = \"t\";\nprograms = ({ name = \"a\"; use = [\"log\", \"log\"]; "
     "});\n",
     2, "\"a\" uses \"log\" twice"},
    {"name = \"t\";\nprograms = ({ name = \"a\"; args = "
     "[\"1\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
     "\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
     "\"\",\"\",\"\",\"\",\"\",\"33\"]; });\n",
     2, "program \"a\": it has 33 arguments, the limit is 32"},
};

static void each_mistake_is_told_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const struct mistake *mistake = &mistakes[i];
        struct report report = {0};
        struct system *sys = conf_read(mistake->text, &report);

        if (sys != NULL)
            assert_false(system_check(sys, &report));
        conf_assert_told(&report, mistake->line, mistake->message);
        assert_true(report.errors > 0);
        report_free(&report);
        system_free(sys);
    }
}

static void missing_file_is_told_by_name(void **state)
{
    struct report report = {0};

    (void)state;
    assert_null(config_read_system("/nowhere/x.conf", "BUILD", &report));
    assert_string_equal(text_string(&report.text),
                        "/nowhere/x.conf: error: No such file or directory\n");
    report_free(&report);
}

static void all_mistakes_are_told_in_one_run(void **state)
{
    struct report report = {0};
    struct system *sys = conf_read(
        "name = 1;\nx = 2;\nservices = ({ name = \"a\"; y = 3; });\n" PROGRAM,
        &report);

    (void)state;
    assert_null(sys);
    assert_int_equal(report.errors, 3);
    report_free(&report);
}

static void included_files_are_refused(void **state)
{
    struct report report = {0};
    struct system *sys;
    char other[64];
    char text[128];
    FILE *file;

    (void)state;
    (void)snprintf(other, sizeof(other), "%s/o.conf", conf_directory());
    file = fopen(other, "w");
    assert_non_null(file);
    assert_true(fputs(PROGRAM, file) >= 0);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(text, sizeof(text), "name = \"t\";\n@include \"%s\"\n",
                   other);
    sys = conf_read(text, &report);
    assert_null(sys);
    assert_non_null(strstr(text_string(&report.text), "o.conf:1: error: a "
                                                      "system is described in "
                                                      "one file"));
    report_free(&report);
    (void)unlink(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_told_with_its_line),
        cmocka_unit_test(missing_file_is_told_by_name),
        cmocka_unit_test(all_mistakes_are_told_in_one_run),
        cmocka_unit_test(included_files_are_refused),
    };

    return cmocka_run_group_tests(tests, conf_set_up, conf_tear_down);
}
