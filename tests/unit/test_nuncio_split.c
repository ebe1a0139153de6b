/*
 * A system of several domains, split: what lives where, and what each domain's
 * manifest says. (What is refused: test_nuncio_split_mistakes.c.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nuncio_conf_file.h"
#include "tools/nuncio/manifest.h"
#include "tools/nuncio/split.h"

#define LINKS                                   \
    "program links image=links pages=2048 use=" \
    "domain,store,purse,clock,log,space,self"
#define STORE "service store image=store placement=process pages=256 use=domain"

#define FILES                                                                 \
    "name = \"t\";\nmemory_mib = 96;\n"                                       \
    "domains = ({ name = \"driver\"; memory_mib = 48; });\n"                  \
    "disks = ({ name = \"d\"; image = \"d.img\"; },\n"                        \
    "  { name = \"e\"; image = \"e.img\"; });\n"                              \
    "services = (\n"                                                          \
    "  { name = \"con\"; placement = \"kernel\"; device = \"serial:0\"; },\n" \
    "  { name = \"blk\"; disk = \"e\"; pages = 7; },\n"                       \
    "  { name = \"fs\"; use = [\"blk\"]; pages = 8; });\n"                    \
    "programs = ({ name = \"sh\"; use = [\"con\", \"fs\"]; pages = 9; });\n"

struct fixture {
    struct system *sys;
    struct domains domains;
};

/* (places) are separated by blanks. */
static struct fixture split(const char *config, const char *places)
{
    struct report report = {0};
    struct fixture f = {.sys = conf_read(config, &report)};
    char copy[128];
    char *rest;

    assert_non_null(f.sys);
    (void)strncpy(copy, places, sizeof(copy) - 1);
    copy[sizeof(copy) - 1] = '\0';
    for (char *place = strtok_r(copy, " ", &rest); place != NULL;
         place = strtok_r(NULL, " ", &rest))
        system_place(f.sys, place, &report);
    if (!system_check(f.sys, &report) ||
        !domains_split(f.sys, &f.domains, &report))
        fail_msg("%s", text_string(&report.text));
    return f;
}

static void done(struct fixture *f)
{
    domains_free(&f->domains);
    system_free(f->sys);
}

static void assert_manifest(struct fixture *f, const char *name,
                            const char *wanted)
{
    struct domain *domain = domains_find(&f->domains, name);
    struct text manifest = {0};

    assert_non_null(domain);
    manifest_write(domain->part, &manifest);
    assert_string_equal(text_string(&manifest), wanted);
    text_free(&manifest);
}

static void system_that_is_alone_stays_as_it_is(void **state)
{
    struct fixture f = split(FILES, "");
    struct system *part = f.domains.items[0].part;

    (void)state;
    assert_int_equal(f.domains.count, 1);
    assert_ptr_equal(domains_main(&f.domains), &f.domains.items[0]);
    assert_manifest(
        &f, "t",
        "service con image=con placement=kernel pages=1024 device=serial:0\n"
        "service blk image=blk placement=process pages=7 "
        "device=virtio-blk:1\n"
        "service fs image=fs placement=process pages=8 use=blk\n"
        "program sh image=sh pages=9 use=con,fs main=1\n");
    assert_int_equal(part->memory_mib, 96);
    assert_int_equal(part->disk_count, 2);
    done(&f);
}

static void service_takes_those_it_uses_along(void **state)
{
    struct fixture f = split(FILES, "fs=domain");
    struct system *driver = f.domains.items[0].part;

    (void)state;
    assert_int_equal(f.domains.count, 2);
    assert_manifest(&f, "driver",
                    "service blk image=blk placement=process pages=7 "
                    "device=virtio-blk:0\n"
                    "service fs image=fs placement=process pages=8 use=blk\n" //
                    STORE "\n" LINKS ",fs main=1 arg=export=fs\n");
    assert_manifest(
        &f, "t",
        "import fs domain=driver\n"
        "service con image=con placement=kernel pages=1024 device=serial:0\n" //
        STORE "\n"
        "program sh image=sh pages=9 use=con,fs main=1\n" LINKS
        " arg=import.fs=driver\n");
    assert_int_equal(driver->memory_mib, 48);
    assert_int_equal(driver->disk_count, 1);
    assert_string_equal(driver->disks[0].name, "e");
    /* The disk that nobody drives stays with the programs. */
    assert_int_equal(domains_main(&f.domains)->part->disk_count, 1);
    assert_string_equal(domains_main(&f.domains)->part->disks[0].name, "d");
    assert_int_equal(domains_main(&f.domains)->part->memory_mib, 96);
    assert_false(f.domains.items[0].is_main);
    assert_true(f.domains.items[1].is_main);
    done(&f);
}

static void three_machines_are_a_chain(void **state)
{
    struct fixture f = split(FILES, "fs=domain:files blk=domain:disk");

    (void)state;
    assert_int_equal(f.domains.count, 3);
    /* Who serves is started before who is served. */
    assert_string_equal(f.domains.items[0].name, "disk");
    assert_string_equal(f.domains.items[1].name, "files");
    assert_string_equal(f.domains.items[2].name, "t");
    assert_manifest(&f, "files",
                    "import blk domain=disk\n"
                    "service fs image=fs placement=process pages=8 use=blk\n" //
                    STORE "\n" LINKS
                    ",fs main=1 arg=export=fs arg=import.blk=disk\n");
    assert_int_equal(f.domains.items[1].part->disk_count, 0);
    assert_int_equal(f.domains.items[1].part->memory_mib, 96);
    done(&f);
}

static void service_below_may_move_alone(void **state)
{
    struct fixture f = split(FILES, "blk=domain fs=inproc");

    (void)state;
    assert_int_equal(f.domains.count, 2);
    assert_manifest(
        &f, "t",
        "import blk domain=driver\n"
        "service con image=con placement=kernel pages=1024 device=serial:0\n"
        "service fs image=fs placement=inproc pages=8 use=blk client=sh\n" //
        STORE "\n"
        "program sh image=sh pages=9 use=con,fs main=1\n" LINKS
        " arg=import.blk=driver\n");
    done(&f);
}

static void placement_inside_is_that_of_the_domain(void **state)
{
    struct fixture f = split(
        "name = \"t\"; disks = ({ name = \"e\"; image = \"e\"; });\n"
        "services = ({ name = \"blk\"; disk = \"e\"; placement = \"domain\";\n"
        "    inside = \"inproc\"; },\n"
        "  { name = \"fs\"; use = [\"blk\"]; placement = \"domain\";\n"
        "    inside = \"kernel\"; });\n"
        "programs = ({ name = \"sh\"; use = [\"fs\"]; });\n",
        "");

    (void)state;
    assert_manifest(
        &f, "driver",
        "service blk image=blk placement=inproc pages=1024 "
        "device=virtio-blk:0 client=fs\n"
        "service fs image=fs placement=kernel pages=1024 use=blk\n" //
        STORE "\n" LINKS ",fs main=1 arg=export=fs\n");
    done(&f);
}

#define TWO                                                            \
    "name = \"t\"; disks = ({ name = \"e\"; image = \"e\"; });\n"      \
    "services = ({ name = \"blk\"; disk = \"e\"; },\n"                 \
    "  { name = \"fs\"; use = [\"blk\"]; });\n"                        \
    "programs = ({ name = \"sh\"; main = true; use = [\"fs\"]; },\n"   \
    "  { name = \"two\"; domain = \"far\"; use = [\"fs\", \"log\"];\n" \
    "    args = [\"x\"]; });\n"

static void each_domain_has_its_own_instance(void **state)
{
    struct fixture f = split(TWO, "");

    (void)state;
    assert_int_equal(f.domains.count, 2);
    assert_manifest(
        &f, "far",
        "service blk image=blk placement=process pages=1024 "
        "device=virtio-blk:0\n"
        "service fs image=fs placement=process pages=1024 use=blk\n" //
        STORE "\n"
        "program two image=two pages=1024 use=fs,log arg=x\n" //
        LINKS " main=1\n");
    assert_int_equal(domains_main(&f.domains)->part->service_count, 3);
    done(&f);
}

static void clients_in_several_domains_share_one_service(void **state)
{
    struct fixture f = split(TWO, "fs=domain blk=inproc");

    (void)state;
    assert_int_equal(f.domains.count, 3);
    assert_string_equal(f.domains.items[0].name, "driver");
    assert_string_equal(f.domains.items[1].name, "far");
    assert_manifest(&f, "far",
                    "import fs domain=driver\n" STORE "\n"
                    "program two image=two pages=1024 use=fs,log arg=x\n" //
                    LINKS " main=1 arg=import.fs=driver\n");
    assert_int_equal(domains_find(&f.domains, "driver")->exports.count, 1);
    done(&f);
}

static void domain_of_its_own_program_exports_nothing_to_itself(void **state)
{
    struct fixture f = split(TWO, "fs=domain:far");

    (void)state;
    /* two is in far with fs; only sh imports it. */
    assert_int_equal(f.domains.count, 2);
    assert_int_equal(domains_find(&f.domains, "far")->part->import_count, 0);
    assert_int_equal(domains_find(&f.domains, "t")->part->import_count, 1);
    done(&f);
}

static void main_domain_may_serve_others(void **state)
{
    struct fixture f = split(
        "name = \"t\";\n"
        "services = ({ name = \"con\"; device = \"serial:0\";\n"
        "    placement = \"domain\"; domain = \"t\"; inside = \"kernel\"; });\n"
        "programs = ({ name = \"sh\"; main = true; use = [\"con\"]; },\n"
        "  { name = \"two\"; domain = \"far\"; use = [\"con\", \"store\"]; "
        "});\n",
        "");

    (void)state;
    assert_int_equal(f.domains.count, 2);
    assert_string_equal(f.domains.items[0].name, "far");
    assert_manifest(&f, "t",
                    "service con image=con placement=kernel pages=1024 "
                    "device=serial:0\n" STORE "\n"
                    "program sh image=sh pages=1024 use=con main=1\n" LINKS
                    ",con arg=export=con\n");
    done(&f);
}

static void placed_in_the_main_domain_alone_is_alone(void **state)
{
    struct fixture f =
        split("name = \"t\";\n"
              "services = ({ name = \"con\"; placement = \"domain\"; domain = "
              "\"t\";\n"
              "    inside = \"kernel\"; }, { name = \"idle\"; });\n"
              "programs = ({ name = \"sh\"; use = [\"con\"]; });\n",
              "");

    (void)state;
    assert_int_equal(f.domains.count, 1);
    assert_manifest(&f, "t",
                    "service con image=con placement=kernel pages=1024\n"
                    "service idle image=idle placement=process pages=1024\n"
                    "program sh image=sh pages=1024 use=con main=1\n");
    done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_that_is_alone_stays_as_it_is),
        cmocka_unit_test(service_takes_those_it_uses_along),
        cmocka_unit_test(three_machines_are_a_chain),
        cmocka_unit_test(service_below_may_move_alone),
        cmocka_unit_test(placement_inside_is_that_of_the_domain),
        cmocka_unit_test(each_domain_has_its_own_instance),
        cmocka_unit_test(clients_in_several_domains_share_one_service),
        cmocka_unit_test(domain_of_its_own_program_exports_nothing_to_itself),
        cmocka_unit_test(main_domain_may_serve_others),
        cmocka_unit_test(placed_in_the_main_domain_alone_is_alone),
    };

    return cmocka_run_group_tests(tests, conf_set_up, conf_tear_down);
}
