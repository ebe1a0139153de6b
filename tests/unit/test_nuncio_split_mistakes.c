/*
 * Systems of several domains that cannot be: for each the message, with its
 * line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nuncio_conf_file.h"
#include "tools/nuncio/split.h"

#define PROGRAM "programs = ({ name = \"sh\"; use = [\"fs\"]; });\n"
#define DISK    "disks = ({ name = \"d\"; image = \"i\"; writable = true; });\n"

static const struct mistake {
    const char *text;
    unsigned line;
    const char *message;
} mistakes[] = {
    {"name = \"t\";\nservices = ({ name = \"fs\"; inside = \"domain\"; "
     "});\n" PROGRAM,
     2,
     "service \"fs\": \"inside\" is \"domain\", but must be inproc, kernel or "
     "process"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; domain = 3; });\n" PROGRAM, 2,
     "\"domain\" of a service must be a string"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; placement = \"domain\"; "
     "domain = \"A b\"; });\n" PROGRAM,
     2, "domain \"A b\": a name is 1 to 12 of"},
    {"name = \"T t\";\nservices = ({ name = \"fs\"; placement = \"domain\"; "
     "});\n" PROGRAM,
     0, "domain \"T t\": a name is 1 to 12 of"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; });\ndomains = ({ name = "
     "\"far\"; });\n" PROGRAM,
     3, "\"domains\" has \"far\", but \"domain\" of no service or program is"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; });\ndomains = ({ name = "
     "\"t\"; },\n { name = \"t\"; });\n" PROGRAM,
     4, "\"domains\" has \"t\" already, at line 3"},
    {"name = \"t\";\ndomains = ({ memory_mib = 5; });\n" PROGRAM, 2,
     "a domain needs a setting \"name\""},
    {"name = \"t\";\nservices = ({ name = \"fs\"; });\nprograms = ({ name = "
     "\"sh\"; domain = \"far\"; use = [\"fs\"]; });\n",
     3,
     "program \"sh\" is main, so its domain is the main one, \"t\", and not "
     "\"far\""},
    {"name = \"t\";\nservices = ({ name = \"fs\"; },\n{ name = \"store\"; "
     "});\n" PROGRAM,
     3,
     "service \"store\": the name is that of a part of every system of "
     "several domains"},
    {"name = \"t\";\nprograms = ({ name = \"links\"; });\n", 2,
     "program \"links\": the name is that of a part"},
    {"name = \"t\";\nprograms = ({ name = \"sh\"; use = [\"store\"]; });\n", 2,
     "\"sh\" uses \"store\", which is neither a service here nor"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; },\n{ name = \"g\"; "
     "placement = \"domain\"; });\n" PROGRAM,
     3, "service \"g\" is in domain \"driver\", but nothing uses it"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; placement = \"domain\"; "
     "inside = \"inproc\"; });\n" PROGRAM,
     2,
     "service \"fs\" is for other domains, so \"inside\" its own it cannot be "
     "inproc"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; placement = \"domain\"; "
     "device = \"serial:0\"; });\n" PROGRAM,
     2, "service \"fs\" has the terminal, which the main domain \"t\" has"},
    {"name = \"t\";\n" DISK "services = ({ name = \"fs\"; disk = \"d\"; });\n"
     "programs = ({ name = \"a\"; main = true; use = [\"fs\"]; },\n"
     "  { name = \"b\"; domain = \"far\"; use = [\"fs\"]; });\n",
     3,
     "service \"fs\" is in domains t, far, but the writable disk \"d\" can be "
     "in one only"},
    {"name = \"t\";\nservices = ({ name = \"fs\"; placement = \"domain\"; "
     "use = [\"low\"]; },\n"
     "  { name = \"low\"; placement = \"domain\"; domain = \"far\"; "
     "use = [\"g\"]; },\n"
     "  { name = \"g\"; placement = \"domain\"; });\n" PROGRAM,
     4,
     "domains use each other in a circle: \"far\" uses service \"g\" of "
     "\"driver\""},
    /* One client too many, in one of two domains. */
    {"name = \"t\";\nservices = ({ name = \"in\"; placement = \"inproc\"; },\n"
     "  { name = \"fs\"; placement = \"domain\"; use = [\"in\"]; },\n"
     "  { name = \"g\"; placement = \"domain\"; use = [\"in\"]; });\n"
     "programs = ({ name = \"sh\"; use = [\"fs\", \"g\"]; });\n",
     2,
     "service \"in\" is inproc, so it can have one client only, but 2 use it: "
     "fs, g"},
    {"name = \"t\";\nservices = (\n"
     "{ name = \"a\"; placement = \"domain\"; },\n"
     "{ name = \"b\"; placement = \"domain\"; },\n"
     "{ name = \"c\"; placement = \"domain\"; },\n"
     "{ name = \"d\"; placement = \"domain\"; },\n"
     "{ name = \"e\"; placement = \"domain\"; },\n"
     "{ name = \"f\"; placement = \"domain\"; });\n"
     "programs = ({ name = \"sh\"; use = [\"a\",\"b\",\"c\",\"d\",\"e\","
     "\"f\"]; });\n",
     0, "domain \"driver\" has 6 services for others, the limit is 5"},
    {"name = \"t\";\nservices = (\n"
     "{ name = \"a\"; placement = \"domain\"; domain = \"a\"; },\n"
     "{ name = \"b\"; placement = \"domain\"; domain = \"b\"; },\n"
     "{ name = \"c\"; placement = \"domain\"; domain = \"c\"; },\n"
     "{ name = \"d\"; placement = \"domain\"; domain = \"d\"; },\n"
     "{ name = \"e\"; placement = \"domain\"; domain = \"e\"; },\n"
     "{ name = \"f\"; placement = \"domain\"; domain = \"f\"; },\n"
     "{ name = \"g\"; placement = \"domain\"; domain = \"g\"; },\n"
     "{ name = \"h\"; placement = \"domain\"; domain = \"h\"; });\n"
     "programs = ({ name = \"sh\"; use = [\"a\",\"b\",\"c\",\"d\",\"e\","
     "\"f\",\"g\",\"h\"]; });\n",
     10, "domain \"h\" is one too many; there can be 8"},
};

static void each_mistake_is_told_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct report report = {0};
        struct domains domains;
        struct system *sys = conf_read(mistakes[i].text, &report);

        if (sys != NULL && system_check(sys, &report))
            assert_false(domains_split(sys, &domains, &report));
        conf_assert_told(&report, mistakes[i].line, mistakes[i].message);
        assert_true(report.errors > 0);
        report_free(&report);
        system_free(sys);
    }
}

static void wrong_places_change_nothing(void **state)
{
    static const char *const wrong[][2] = {
        {"fs=kernel:x", "only \"domain\" is followed by the name of one, as in "
                        "fs=domain:driver"},
        {"fs=domain:", "only \"domain\" is followed"},
        {"fs=domain:A", "only \"domain\" is followed"},
        {"fs=domain:t", "\"t\" is the main domain, where the programs are"},
        {"fs=moon:x", "unknown placement \"moon\" (inproc, kernel, process or "
                      "domain)"},
    };
    struct report report = {0};
    struct system *sys =
        conf_read("name = \"t\";\nservices = ({ name = \"fs\"; domain = "
                  "\"far\"; });\n" PROGRAM,
                  &report);

    (void)state;
    assert_non_null(sys);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        system_place(sys, wrong[i][0], &report);
        if (strstr(text_string(&report.text), wrong[i][1]) == NULL)
            fail_msg("%s: %s", wrong[i][0], text_string(&report.text));
        report_free(&report);
    }
    assert_int_equal(sys->services[0].placement, PLACEMENT_PROCESS);
    assert_string_equal(sys->services[0].domain, "far");
    system_place(sys, "fs=domain", &report);
    assert_int_equal(sys->services[0].placement, PLACEMENT_DOMAIN);
    assert_string_equal(sys->services[0].domain, "far");
    system_place(sys, "fs=domain:near", &report);
    assert_string_equal(sys->services[0].domain, "near");
    assert_int_equal(report.errors, 0);
    system_free(sys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_told_with_its_line),
        cmocka_unit_test(wrong_places_change_nothing),
    };

    return cmocka_run_group_tests(tests, conf_set_up, conf_tear_down);
}
