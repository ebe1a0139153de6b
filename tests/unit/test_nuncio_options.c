/*
 * The tool's own command line: what is read, what is refused, and that help
 * tells of every option.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/nuncio/options.h"
#include "tools/nuncio/words.h"

static bool read_options(const char *line, struct options *options,
                         struct text *errors)
{
    static struct pool pool;
    struct strings words = {0};
    struct report report = {0};
    bool good;

    pool_free(&pool);
    assert_null(words_split(&pool, line, &words));
    good = options_read(&pool, (int)words.count, words.items, options, &report);
    text_clear(errors);
    text_puts(errors, text_string(&report.text));
    report_free(&report);
    return good;
}

static void options_are_read(void **state)
{
    struct options o;
    struct text errors = {0};

    (void)state;
    assert_true(read_options("nuncio run --place a=b c.conf --place=d=e "
                             "--exec 'x y' --accel kvm --machine pc --timeout "
                             "1.5 --trace T --dry-run --icount --quiet "
                             "--qemu-arg -S --disk d=i",
                             &o, &errors));
    assert_int_equal(o.command, COMMAND_RUN);
    assert_string_equal(o.operand, "c.conf");
    assert_int_equal(o.places.count, 2);
    assert_string_equal(o.places.items[1], "d=e");
    assert_string_equal(o.exec, "x y");
    assert_int_equal(o.accel, CHOOSE_KVM);
    assert_int_equal(o.machine, MACHINE_PC);
    assert_int_equal(o.timeout_ms, 1500);
    assert_string_equal(o.qemu_args.items[0], "-S");
    assert_string_equal(o.disks.items[0], "d=i");
    assert_true(o.dry_run && o.icount && o.quiet && !o.verbose);
    assert_true(
        read_options("nuncio image c -o d --format=qcow2", &o, &errors));
    assert_string_equal(o.output, "d");
    assert_int_equal(o.image_format, DISK_QCOW2);
    assert_true(read_options("nuncio trace --perfetto --all f", &o, &errors));
    assert_int_equal(o.trace_format, TRACE_PERFETTO);
    assert_true(o.all);
    assert_true(read_options("nuncio up c --system D --watchdog .5 --place "
                             "fs=domain:far",
                             &o, &errors));
    assert_int_equal(o.command, COMMAND_UP);
    assert_string_equal(o.system_dir, "D");
    assert_int_equal(o.watchdog_ms, 500);
    assert_true(read_options("nuncio ps --json", &o, &errors));
    assert_int_equal(o.command, COMMAND_PS);
    assert_true(o.json);
    assert_null(o.system_dir);
    assert_true(read_options("nuncio run --help", &o, &errors));
    assert_int_equal(o.command, COMMAND_HELP);
    assert_string_equal(o.operand, "run");
    text_free(&errors);
}

static void wrong_command_lines_are_told(void **state)
{
    static const struct {
        const char *line;
        const char *message;
    } cases[] = {
        {"nuncio", "no command"},
        {"nuncio walk", "no command \"walk\""},
        {"nuncio run", "`nuncio run` needs CONFIG"},
        {"nuncio run a b", "one CONFIG too many: b"},
        {"nuncio run a --json", "--json: no such option of `nuncio run`"},
        {"nuncio run a -o x", "-o: no such option"},
        {"nuncio run a --exec", "--exec needs COMMAND"},
        {"nuncio run a --quiet=1", "--quiet takes no value"},
        {"nuncio run a --accel xen", "--accel xen: expected kvm|tcg"},
        {"nuncio run a --machine x", "expected q35|microvm|pc"},
        {"nuncio run a --timeout 0", "--timeout 0: expected SECONDS"},
        {"nuncio run a --timeout -1", "expected SECONDS"},
        {"nuncio run a --timeout 1s", "expected SECONDS"},
        {"nuncio run a --timeout nan", "expected SECONDS"},
        {"nuncio up a", "`nuncio up` needs --system DIR"},
        {"nuncio up a --system d --watchdog 0", "--watchdog 0: expected SEC"},
        {"nuncio ps a", "`nuncio ps` takes no operand: a"},
        {"nuncio list a --system d", "--system: no such option"},
        {"nuncio image a", "`nuncio image` needs -o FILE"},
        {"nuncio image a -o b --format iso", "expected raw|qcow2"},
    };
    struct options options;
    struct text errors = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_false(read_options(cases[i].line, &options, &errors));
        if (strstr(text_string(&errors), cases[i].message) == NULL)
            fail_msg("%s: no \"%s\" in %s", cases[i].line, cases[i].message,
                     text_string(&errors));
    }
    text_free(&errors);
}

static void help_names_every_option_that_works(void **state)
{
    static const char *const commands[] = {"run",   "up",   "ps", "trace",
                                           "image", "list", "xml"};
    struct text help = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char *line;
        char *rest;

        text_clear(&help);
        assert_true(options_help(commands[i], &help));
        for (line = strtok_r(help.data, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            const char *option = strstr(line, "--");
            struct pool pool = {0};
            struct options o;
            struct text errors = {0};

            if (strncmp(line, "  ", 2) != 0 || option == NULL)
                continue;
            (void)read_options(pool_format(&pool, "nuncio %s f %.*s",
                                           commands[i],
                                           (int)strcspn(option, " "), option),
                               &o, &errors);
            assert_null(strstr(text_string(&errors), "no such option"));
            text_free(&errors);
            pool_free(&pool);
        }
    }
    assert_false(options_help("walk", &help));
    text_free(&help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(wrong_command_lines_are_told),
        cmocka_unit_test(help_names_every_option_that_works),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
