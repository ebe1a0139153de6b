/*
 * Reading and checking system configurations: what a good one becomes, and for
 * each mistake that people make the one message they get, with its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/nuncio/config.h"

static char directory[] = "/tmp/nuncio-config.XXXXXX";
static char config_path[64];

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    (void)snprintf(config_path, sizeof(config_path), "%s/t.conf", directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(config_path);
    return rmdir(directory);
}

/* Reads (text) as a configuration; the system or NULL. */
static struct system *read_config(const char *text, struct report *report)
{
    FILE *file = fopen(config_path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return config_read_system(config_path, "BUILD", report);
}

#define PROGRAM "programs = ({ name = \"sh\"; use = [\"fs\"]; });\n"
#define GOOD                                                                  \
    "name = \"t\";\n"                                                         \
    "memory_mib = 96;\n"                                                      \
    "disks = ({ name = \"d\"; image = \"${build}/d.img\"; },\n"               \
    "  { name = \"e\"; image = \"e,1.img\"; format = \"qcow2\";\n"            \
    "    writable = true; });\n"                                              \
    "services = (\n"                                                          \
    "  { name = \"con\"; placement = \"kernel\"; device = \"serial:0\"; },\n" \
    "  { name = \"fs\"; use = [\"blk\"]; image = \"ext4\"; pages = 77;\n"     \
    "    options = { cache = 5; mode = \"x y\"; }; },\n"                      \
    "  { name = \"blk\"; placement = \"process\"; disk = \"e\"; });\n"        \
    "programs = (\n"                                                          \
    "  { name = \"sh\"; main = true; use = [\"con\", \"fs\", \"clock\"];\n"   \
    "    args = [\"-x\", \"a b\"]; trace = true; },\n"                        \
    "  { name = \"other\"; use = [\"con\"]; });\n"

static struct system *read_good(void)
{
    struct report report = {0};
    struct system *sys = read_config(GOOD, &report);

    assert_string_equal(text_string(&report.text), "");
    assert_non_null(sys);
    return sys;
}

static void good_configuration_is_read_whole(void **state)
{
    struct system *sys = read_good();
    char image[64];

    (void)state;
    assert_string_equal(sys->name, "t");
    assert_int_equal(sys->memory_mib, 96);
    assert_int_equal(sys->disk_count, 2);
    assert_string_equal(sys->disks[0].image, "BUILD/d.img");
    assert_int_equal(sys->disks[0].format, DISK_RAW);
    assert_false(sys->disks[0].writable);
    (void)snprintf(image, sizeof(image), "%s/e,1.img", directory);
    assert_string_equal(sys->disks[1].image, image);
    assert_int_equal(sys->disks[1].format, DISK_QCOW2);
    assert_true(sys->disks[1].writable);
    assert_int_equal(sys->service_count, 3);
    assert_true(sys->services[0].has_serial);
    assert_int_equal(sys->services[0].placement, PLACEMENT_KERNEL);
    assert_string_equal(sys->services[0].image, "con");
    assert_int_equal(sys->services[1].placement, PLACEMENT_PROCESS);
    assert_string_equal(sys->services[1].image, "ext4");
    assert_int_equal(sys->services[1].pages, 77);
    assert_string_equal(sys->services[1].uses.items[0], "blk");
    assert_int_equal(sys->services[1].option_count, 2);
    assert_string_equal(sys->services[1].options[0].value, "5");
    assert_string_equal(sys->services[1].options[1].value, "x y");
    assert_string_equal(sys->services[2].disk, "e");
    assert_int_equal(sys->services[2].line, 10);
    assert_int_equal(sys->program_count, 2);
    assert_ptr_equal(system_main(sys), &sys->programs[0]);
    assert_int_equal(sys->programs[0].args.count, 2);
    assert_string_equal(sys->programs[0].args.items[1], "a b");
    assert_true(sys->programs[0].traced);
    assert_false(sys->programs[1].is_main);
    system_free(sys);
}

static void only_program_is_main(void **state)
{
    struct report report = {0};
    struct system *sys = read_config(
        "name = \"t\"; services = ({ name = \"fs\"; }); " PROGRAM, &report);

    (void)state;
    assert_non_null(sys);
    assert_true(sys->programs[0].is_main);
    assert_true(system_check(sys, &report));
    system_free(sys);
}

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
     "service \"fs\": unknown placement \"moon\" (inproc, kernel or "
     "process)"},
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
        struct system *sys = read_config(mistake->text, &report);
        char wanted[512];

        if (sys != NULL)
            assert_false(system_check(sys, &report));
        if (mistake->line != 0)
            (void)snprintf(wanted, sizeof(wanted), "%s:%u: error: %s",
                           config_path, mistake->line, mistake->message);
        else
            (void)snprintf(wanted, sizeof(wanted), "error: %s",
                           mistake->message);
        if (strstr(text_string(&report.text), wanted) == NULL)
            fail_msg("mistake %zu: no \"%s\" in:\n%s", i, wanted,
                     text_string(&report.text));
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
    struct system *sys = read_config(
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
    (void)snprintf(other, sizeof(other), "%s/o.conf", directory);
    file = fopen(other, "w");
    assert_non_null(file);
    assert_true(fputs(PROGRAM, file) >= 0);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(text, sizeof(text), "name = \"t\";\n@include \"%s\"\n",
                   other);
    sys = read_config(text, &report);
    assert_null(sys);
    assert_non_null(strstr(text_string(&report.text), "o.conf:1: error: a "
                                                      "system is described in "
                                                      "one file"));
    report_free(&report);
    (void)unlink(other);
}

static void placement_of_the_command_line_wins(void **state)
{
    struct system *sys = read_good();
    struct report report = {0};

    (void)state;
    system_place(sys, "fs=inproc", &report);
    system_place(sys, "blk=inproc", &report);
    assert_true(system_check(sys, &report));
    assert_string_equal(system_service(sys, "fs")->client, "sh");
    assert_string_equal(system_service(sys, "blk")->client, "fs");
    system_place(sys, "fs=kernel", &report);
    assert_true(system_check(sys, &report));
    assert_null(system_service(sys, "fs")->client);
    assert_int_equal(report.errors, 0);
    system_free(sys);
}

static void wrong_options_change_nothing(void **state)
{
    static const struct {
        bool is_disk;
        const char *text;
        const char *message;
    } wrong[] = {
        {false, "fs", "nuncio: --place fs: expected SERVICE=PLACEMENT\n"},
        {false, "fs=", "nuncio: --place fs=: expected SERVICE=PLACEMENT\n"},
        {false, "fs=moon",
         "nuncio: --place fs=moon: unknown placement \"moon\" (inproc, kernel "
         "or process)\n"},
        {false, "sh=kernel",
         "nuncio: --place sh=kernel: system \"t\" has no service \"sh\" (it "
         "has con, fs, blk)\n"},
        {true, "=x", "nuncio: --disk =x: expected DISK=IMAGE\n"},
        {true, "f=x", "nuncio: --disk f=x: system \"t\" has no disk \"f\"\n"},
    };
    struct system *sys = read_good();

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct report report = {0};

        if (wrong[i].is_disk)
            system_set_disk(sys, wrong[i].text, &report);
        else
            system_place(sys, wrong[i].text, &report);
        assert_string_equal(text_string(&report.text), wrong[i].message);
        report_free(&report);
    }
    assert_int_equal(sys->services[1].placement, PLACEMENT_PROCESS);
    assert_string_equal(sys->disks[0].image, "BUILD/d.img");
    system_free(sys);
}

static void inproc_client_is_counted_after_placing(void **state)
{
    struct system *sys = read_good();
    struct report report = {0};

    (void)state;
    system_place(sys, "con=inproc", &report);
    assert_false(system_check(sys, &report));
    assert_non_null(strstr(text_string(&report.text),
                           "service \"con\" is inproc, so it can have one "
                           "client only, but 2 use it: sh, other"));
    report_free(&report);
    system_free(sys);
}

static void disk_images_must_be_there(void **state)
{
    struct system *sys = read_good();
    struct report report = {0};
    char option[96];
    char wanted[160];

    (void)state;
    (void)snprintf(option, sizeof(option), "d=%s", directory);
    system_set_disk(sys, option, &report);
    assert_false(system_check_disks(sys, &report));
    /* From the command line: no line of the configuration is at fault. */
    (void)snprintf(wanted, sizeof(wanted),
                   "nuncio: disk \"d\": %s is neither a file nor a block "
                   "device\n",
                   directory);
    assert_non_null(strstr(text_string(&report.text), wanted));
    (void)snprintf(wanted, sizeof(wanted),
                   "t.conf:4: error: disk \"e\": %s/e,1.img: No such file or "
                   "directory\n",
                   directory);
    assert_non_null(strstr(text_string(&report.text), wanted));
    report_free(&report);
    system_free(sys);
}

static void command_is_the_main_programs_arguments(void **state)
{
    struct system *sys = read_good();
    struct report report = {0};
    const struct program *program = system_main(sys);

    (void)state;
    system_exec(sys, "sum -r '/a b' \"\"", directory, &report);
    assert_string_equal(program->image, "sh");
    assert_int_equal(program->args.count, 4);
    assert_string_equal(program->args.items[0], "sum");
    assert_string_equal(program->args.items[2], "/a b");
    assert_string_equal(program->args.items[3], "");
    system_free(sys);
}

static void command_that_is_an_image_replaces_the_program(void **state)
{
    struct system *sys = read_good();
    struct report report = {0};
    const struct program *program = system_main(sys);

    (void)state;
    /* An image of that name is there: the configuration file will do. */
    assert_non_null(strrchr(config_path, '/'));
    system_exec(sys, "t.conf -n", directory, &report);
    assert_string_equal(program->image, "t.conf");
    assert_string_equal(program->name, "sh");
    assert_int_equal(program->args.count, 1);
    assert_string_equal(program->args.items[0], "-n");
    system_free(sys);
}

static void bad_commands_are_refused(void **state)
{
    struct system *sys = read_good();
    struct report report = {0};

    (void)state;
    system_exec(sys, "  ", directory, &report);
    system_exec(sys, "echo 'a", directory, &report);
    assert_string_equal(text_string(&report.text),
                        "nuncio: --exec: no command\n"
                        "nuncio: --exec: a ' is not closed in: echo 'a\n");
    assert_int_equal(system_main(sys)->args.count, 2);
    report_free(&report);
    system_free(sys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_configuration_is_read_whole),
        cmocka_unit_test(only_program_is_main),
        cmocka_unit_test(each_mistake_is_told_with_its_line),
        cmocka_unit_test(missing_file_is_told_by_name),
        cmocka_unit_test(all_mistakes_are_told_in_one_run),
        cmocka_unit_test(included_files_are_refused),
        cmocka_unit_test(placement_of_the_command_line_wins),
        cmocka_unit_test(wrong_options_change_nothing),
        cmocka_unit_test(inproc_client_is_counted_after_placing),
        cmocka_unit_test(disk_images_must_be_there),
        cmocka_unit_test(command_is_the_main_programs_arguments),
        cmocka_unit_test(command_that_is_an_image_replaces_the_program),
        cmocka_unit_test(bad_commands_are_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
