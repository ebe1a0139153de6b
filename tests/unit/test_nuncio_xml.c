/*
 * libvirt's description of a domain, read back by libxml2 as libvirt reads it.
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
#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "tools/nuncio/xml_build.h"
#include "tools/nuncio/xml_plan.h"

static xmlDocPtr parse(const char *data, size_t bytes)
{
    return xmlReadMemory(data, (int)bytes, "test.xml", NULL,
                         XML_PARSE_NONET | XML_PARSE_NOERROR |
                             XML_PARSE_NOWARNING);
}

/* Is (path) in (doc) the string (wanted)? Several nodes: the first. */
static void assert_value(xmlDocPtr doc, const char *path, const char *wanted)
{
    xmlXPathContextPtr context = xmlXPathNewContext(doc);
    char expression[256];
    xmlXPathObjectPtr found;

    (void)snprintf(expression, sizeof(expression), "string(%s)", path);
    found = xmlXPathEvalExpression((const xmlChar *)expression, context);
    assert_non_null(found);
    if (strcmp((const char *)found->stringval, wanted) != 0)
        fail_msg("%s: \"%s\" is not \"%s\"", path, found->stringval, wanted);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
}

static void assert_count(xmlDocPtr doc, const char *path, double wanted)
{
    xmlXPathContextPtr context = xmlXPathNewContext(doc);
    char expression[256];
    xmlXPathObjectPtr found;

    (void)snprintf(expression, sizeof(expression), "count(%s)", path);
    found = xmlXPathEvalExpression((const xmlChar *)expression, context);
    assert_non_null(found);
    if (found->floatval != wanted)
        fail_msg("%s: there are %g, not %g", path, found->floatval, wanted);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
}

static struct xml_domain plain_domain(void)
{
    return (struct xml_domain){
        .name = "files",
        .title = "Nuncio",
        .memory_mib = 64,
        .kernel = "/k",
        .archive = "/a",
        .line = "log=e9",
        .terminal = {.kind = XML_SERIAL_PTY},
        .log = {.kind = XML_SERIAL_FILE, .path = "/l"},
    };
}

static xmlDocPtr written(const struct xml_domain *domain)
{
    struct text text = {0};
    struct report report = {0};
    xmlDocPtr doc;

    assert_true(xml_write_domain(domain, &text, &report));
    assert_int_equal(report.errors, 0);
    doc = parse(text.data, text.bytes);
    assert_non_null(doc);
    text_free(&text);
    report_free(&report);
    return doc;
}

static void every_character_comes_back(void **state)
{
    static const char nasty[] =
        "a<b>&c;]]>\"d\"'e'\t\n\r f\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82<!--";
    struct xml_domain domain = plain_domain();
    xmlDocPtr doc;

    (void)state;
    domain.kernel = nasty;
    domain.line = nasty;
    domain.log.path = nasty;
    doc = written(&domain);
    assert_value(doc, "/domain/os/kernel", nasty);
    assert_value(doc, "/domain/os/cmdline", nasty);
    assert_value(doc, "//serial[@type='file']/source/@path", nasty);
    xmlFreeDoc(doc);
}

static void what_xml_cannot_carry_is_refused(void **state)
{
    static const char *const bad[] = {
        "\x01",         "\x1b[0m",
        "a\x0b",        "\x80",
        "\xc3",         "\xc3(",
        "\xc0\xaf",     "\xe0\x80\xaf",
        "\xed\xa0\x80", "\xef\xbf\xbe",
        "\xef\xbf\xbf", "\xf4\x90\x80\x80",
        "\xff",         "\xf8\x88\x80\x80\x80",
    };
    struct report report = {0};
    struct text text = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct xml_domain domain = plain_domain();

        assert_false(xml_can_carry(bad[i]));
        domain.line = bad[i];
        assert_false(xml_write_domain(&domain, &text, &report));
        assert_int_equal(report.errors, i + 1);
    }
    assert_true(xml_can_carry("\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd"
                              "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\x7f \t\n\r"));
    text_free(&text);
    report_free(&report);
}

/* Random bytes, with markup left out, are XML exactly if we say so. */
static void we_and_libxml_agree_on_random_bytes(void **state)
{
    static const unsigned char lead[] = {0x09, 0x1f, 0x20, 0x7f, 0x80, 0xbf,
                                         0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4};
    unsigned carried = 0;

    (void)state;
    srandom(3);
    for (int round = 0; round < 200000; round++) {
        char value[8] = {0};
        char text[32];
        int bytes = 1 + (int)(random() % 5);
        xmlDocPtr doc;

        for (int i = 0; i < bytes; i++) {
            unsigned char c = (unsigned char)(random() % 255 + 1);

            if (random() % 4 == 0)
                c = lead[(size_t)random() % sizeof(lead)];
            value[i] = strchr("<&]", c) != NULL ? 'x' : (char)c;
        }
        (void)snprintf(text, sizeof(text), "<a>%s</a>", value);
        doc = parse(text, strlen(text));
        if (xml_can_carry(value) != (doc != NULL))
            fail_msg("round %d: %s", round, doc != NULL ? "is XML" : "is not");
        carried += doc != NULL;
        xmlFreeDoc(doc);
    }
    assert_in_range(carried, 1000, 199000);
}

static void lone_domain_has_all_it_needs(void **state)
{
    struct xml_domain domain = plain_domain();
    xmlDocPtr doc = written(&domain);

    (void)state;
    assert_value(doc, "/domain/@type", "qemu");
    assert_value(doc, "/domain/cpu/@mode", "maximum");
    assert_value(doc, "/domain/name", "files");
    assert_value(doc, "/domain/memory", "64");
    assert_value(doc, "/domain/memory/@unit", "MiB");
    assert_value(doc, "/domain/os/type", "hvm");
    assert_value(doc, "/domain/os/type/@machine", "q35");
    assert_value(doc, "/domain/os/kernel", "/k");
    assert_value(doc, "/domain/os/initrd", "/a");
    assert_value(doc, "/domain/os/cmdline", "log=e9");
    assert_count(doc, "/domain/uuid | //memoryBacking | //filesystem", 0);
    assert_value(doc, "/domain/on_poweroff", "destroy");
    assert_value(doc, "/domain/on_reboot", "destroy");
    assert_value(doc, "/domain/on_crash", "destroy");
    assert_value(doc, "//panic/address/@iobase", "0x505");
    xmlFreeDoc(doc);
}

static void machine_and_accelerator_are_those_of_the_plan(void **state)
{
    struct xml_domain domain = plain_domain();
    struct report report = {0};
    struct text text = {0};
    xmlDocPtr doc;

    (void)state;
    domain.machine = MACHINE_PC;
    domain.accel = ACCEL_KVM;
    domain.uuid = "5ccc1997-1466-4896-997a-45a5b1d11b19";
    doc = written(&domain);
    assert_value(doc, "/domain/os/type/@machine", "pc");
    assert_value(doc, "/domain/@type", "kvm");
    assert_value(doc, "/domain/cpu/@mode", "host-passthrough");
    assert_value(doc, "/domain/uuid", domain.uuid);
    xmlFreeDoc(doc);

    domain.machine = MACHINE_MICROVM;
    assert_false(xml_write_domain(&domain, &text, &report));
    assert_int_equal(report.errors, 1);
    assert_int_equal(text.bytes, 0);
    report_free(&report);
}

static void domain_of_a_system_shares_its_memory_with_the_broker(void **state)
{
    struct xml_domain domain = plain_domain();
    xmlDocPtr doc;

    (void)state;
    domain.broker = "/run/x/driver.sock";
    domain.is_driver = true;
    doc = written(&domain);
    assert_value(doc, "//memoryBacking/source/@type", "memfd");
    assert_value(doc, "//memoryBacking/access/@mode", "shared");
    assert_value(doc, "//filesystem/driver/@type", "virtiofs");
    assert_value(doc, "//filesystem/driver/@queue", "1024");
    assert_value(doc, "//filesystem/source/@socket", "/run/x/driver.sock");
    assert_count(doc, "//filesystem/target/@dir", 1);
    /* It restarts: a crash is a pause for its clients. */
    assert_value(doc, "/domain/on_crash", "restart");
    assert_value(doc, "/domain/on_reboot", "restart");
    assert_value(doc, "/domain/on_poweroff", "destroy");
    xmlFreeDoc(doc);
}

static void disks_are_at_addresses_in_their_order(void **state)
{
    struct xml_domain domain = plain_domain();
    xmlDocPtr doc;

    (void)state;
    domain.disks[0] = (struct xml_disk){.name = "one", .path = "/d/one"};
    domain.disks[1] = (struct xml_disk){.name = "two",
                                        .path = "/dev/two",
                                        .format = DISK_QCOW2,
                                        .is_device = true,
                                        .writable = true};
    domain.disk_count = 2;
    domain.broker = "/b";
    doc = written(&domain);
    assert_count(doc, "//disk", 2);
    assert_value(doc, "//disk[1]/@type", "file");
    assert_value(doc, "//disk[1]/source/@file", "/d/one");
    assert_value(doc, "//disk[1]/driver/@type", "raw");
    assert_count(doc, "//disk[1]/readonly", 1);
    assert_value(doc, "//disk[1]/target/@dev", "vda");
    assert_value(doc, "//disk[1]/serial", "one");
    assert_value(doc, "//disk[2]/@type", "block");
    assert_value(doc, "//disk[2]/source/@dev", "/dev/two");
    assert_value(doc, "//disk[2]/driver/@type", "qcow2");
    assert_count(doc, "//disk[2]/readonly", 0);
    assert_value(doc, "//disk[2]/target/@dev", "vdb");
    assert_count(doc, "//disk[2][address/@slot='0x5']", 1);
    assert_count(doc, "//disk[1][address/@slot='0x4']", 1);
    assert_count(doc, "//filesystem[address/@slot='0x10']", 1);
    xmlFreeDoc(doc);
}

static void ports_go_where_they_are_sent(void **state)
{
    struct xml_domain domain = plain_domain();
    xmlDocPtr doc = written(&domain);

    (void)state;
    assert_count(doc, "//serial", 2);
    assert_count(doc, "//console[@type='pty']/target[@port='0']", 1);
    assert_count(doc,
                 "//serial[@type='pty']/target[@type='isa-serial']"
                 "[@port='0']",
                 1);
    assert_value(doc, "//serial[@type='file']/source/@path", "/l");
    assert_value(doc, "//serial[@type='file']/source/@append", "off");
    assert_value(doc, "//serial[@type='file']/target/@type", "isa-debug");
    assert_value(doc, "//serial[@type='file']/address/@iobase", "0xe9");
    xmlFreeDoc(doc);

    domain.terminal =
        (struct xml_serial){.kind = XML_SERIAL_SOCKET, .path = "/t"};
    domain.log.keep = true;
    domain.trace = (struct xml_serial){.kind = XML_SERIAL_SOCKET, .path = "/r"};
    doc = written(&domain);
    assert_count(doc, "//console", 0);
    assert_value(doc, "//serial[1]/@type", "unix");
    assert_value(doc, "//serial[1]/source/@mode", "connect");
    assert_value(doc, "//serial[1]/source/@path", "/t");
    assert_value(doc, "//serial[2]/source/@append", "on");
    assert_value(doc, "//serial[3]/address/@iobase", "0x4e9");
    xmlFreeDoc(doc);
}

static void plan_is_described_with_absolute_paths(void **state)
{
    static struct system sys;
    struct qemu_plan plan = {.sys = &sys,
                             .kernel = "././tests/unit/test_nuncio_xml.c",
                             .archive = "/dev/null",
                             .trace = "socket,fd=9",
                             .append = "loglevel=3"};
    struct xml_domain domain;
    struct report report = {0};
    char here[4096];
    char wanted[4200];

    (void)state;
    sys.memory_mib = 32;
    sys.disks[0] = (struct disk){.name = "d", .image = "tests/unit/rt.mk"};
    sys.disk_count = 1;
    assert_true(xml_describe(&plan, &domain, &report));
    assert_non_null(getcwd(here, sizeof(here)));
    (void)snprintf(wanted, sizeof(wanted), "%s/tests/unit/test_nuncio_xml.c",
                   here);
    assert_string_equal(domain.kernel, wanted);
    (void)snprintf(wanted, sizeof(wanted), "%s/tests/unit/rt.mk", here);
    assert_string_equal(domain.disks[0].path, wanted);
    assert_false(domain.disks[0].is_device);
    assert_int_equal(domain.disk_count, 1);
    assert_int_equal(domain.memory_mib, 32);
    assert_string_equal(domain.line,
                        "log=e9 panic=0x505 trace=0x4e9 loglevel=3");

    sys.disks[0].image = "no/such/disk";
    plan.kernel = "no/such/kernel";
    assert_false(xml_describe(&plan, &domain, &report));
    assert_int_equal(report.errors, 2);
    report_free(&report);
    pool_free(&sys.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(what_xml_cannot_carry_is_refused),
        cmocka_unit_test(we_and_libxml_agree_on_random_bytes),
        cmocka_unit_test(lone_domain_has_all_it_needs),
        cmocka_unit_test(machine_and_accelerator_are_those_of_the_plan),
        cmocka_unit_test(domain_of_a_system_shares_its_memory_with_the_broker),
        cmocka_unit_test(disks_are_at_addresses_in_their_order),
        cmocka_unit_test(ports_go_where_they_are_sent),
        cmocka_unit_test(plan_is_described_with_absolute_paths),
    };

    return cmocka_run_group_tests_name("nuncio_xml", tests, NULL, NULL);
}
