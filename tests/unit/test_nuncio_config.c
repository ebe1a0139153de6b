/*
 * Reading system configurations: what a good one becomes, and how the command
 * line changes it. (Mistakes in configurations: test_nuncio_mistakes.c.)
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
    struct system *sys = conf_read(GOOD, &report);

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
    (void)snprintf(image, sizeof(image), "%s/e,1.img", conf_directory());
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
    struct system *sys = conf_read(
        "name = \"t\"; services = ({ name = \"fs\"; }); " PROGRAM, &report);

    (void)state;
    assert_non_null(sys);
    assert_true(sys->programs[0].is_main);
    assert_true(system_check(sys, &report));
    system_free(sys);
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
         "nuncio: --place fs=moon: unknown placement \"moon\" (inproc, "
         "kernel, process or domain)\n"},
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
    (void)snprintf(option, sizeof(option), "d=%s", conf_directory());
    system_set_disk(sys, option, &report);
    system_check_disks(sys, &report);
    assert_int_equal(report.errors, 2);
    /* From the command line: no line of the configuration is at fault. */
    (void)snprintf(wanted, sizeof(wanted),
                   "nuncio: disk \"d\": %s is neither a file nor a block "
                   "device\n",
                   conf_directory());
    assert_non_null(strstr(text_string(&report.text), wanted));
    (void)snprintf(wanted, sizeof(wanted),
                   "t.conf:4: error: disk \"e\": %s/e,1.img: No such file or "
                   "directory\n",
                   conf_directory());
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
    system_exec(sys, "sum -r '/a b' \"\"", conf_directory(), &report);
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
    assert_non_null(strrchr(conf_path(), '/'));
    system_exec(sys, "t.conf -n", conf_directory(), &report);
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
    system_exec(sys, "  ", conf_directory(), &report);
    system_exec(sys, "echo 'a", conf_directory(), &report);
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
        cmocka_unit_test(placement_of_the_command_line_wins),
        cmocka_unit_test(wrong_options_change_nothing),
        cmocka_unit_test(inproc_client_is_counted_after_placing),
        cmocka_unit_test(disk_images_must_be_there),
        cmocka_unit_test(command_is_the_main_programs_arguments),
        cmocka_unit_test(command_that_is_an_image_replaces_the_program),
        cmocka_unit_test(bad_commands_are_refused),
    };

    return cmocka_run_group_tests(tests, conf_set_up, conf_tear_down);
}
