#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <init/manifest.h>

static struct manifest m;
static char *text;

static bool read_text(const char *from)
{
    free(text);
    text = strdup(from);
    return manifest_read(&m, text, strlen(text));
}

static const char good[] =
    "service console image=console placement=kernel pages=256 "
    "device=serial:0\n"
    "service block image=block placement=inproc pages=1024 "
    "device=virtio-blk:0 client=fs option.pool=64\n"
    "service fs image=fs placement=inproc pages=4096 use=block client=shell "
    "option.cache=2048 option.label=a%20b%3D\n"
    "program shell image=shell pages=2048 "
    "use=console,fs,clock,log,self,purse,space main=1 trace=1 "
    "arg=sum arg=-r arg=%2F\n";

static void a_good_manifest_is_read(void **state)
{
    const struct unit *shell;
    const struct unit *fs;

    (void)state;
    assert_true(read_text(good));
    assert_int_equal(m.unit_count, 4);
    assert_int_equal(m.main, 3);
    fs = manifest_service(&m, "fs");
    shell = &m.units[3];
    assert_ptr_equal(fs, &m.units[2]);
    assert_int_equal(m.units[0].placement, PLACE_KERNEL);
    assert_string_equal(m.units[1].device, "virtio-blk");
    assert_int_equal(m.units[1].host, 2);
    assert_int_equal(fs->host, 3);
    assert_int_equal(fs->pages, 4096);
    assert_string_equal(fs->args[0], "cache=2048");
    assert_string_equal(fs->args[1], "label=a b=");
    assert_int_equal(shell->use_count, 7);
    assert_int_equal(shell->arg_count, 3);
    assert_string_equal(shell->args[2], "/");
    assert_true(shell->is_main && shell->is_traced && shell->is_program);
    assert_null(manifest_service(&m, "shell"));
    assert_true(manifest_depends(&m, shell, &m.units[1]));
    assert_false(manifest_depends(&m, fs, &m.units[0]));
}

static const char with_imports[] =
    "service store image=store placement=process pages=256 use=domain\n"
    "import block domain=disk\n"
    "service fs image=fs placement=process pages=4096 use=block\n"
    "program links image=links pages=2048 "
    "use=domain,store,purse,clock,log,space,self,fs "
    "arg=export=fs arg=import.block=disk\n"
    "program other image=o pages=9 use=log\n"
    "program shell image=shell pages=2048 use=fs main=1\n";

static void imports_are_units_that_need_the_connector(void **state)
{
    const struct unit *block;
    const struct unit *fs;

    (void)state;
    assert_true(read_text(with_imports));
    assert_int_equal(m.unit_count, 6);
    assert_int_equal(m.connector, 3);
    block = manifest_service(&m, "block");
    fs = manifest_service(&m, "fs");
    assert_ptr_equal(block, &m.units[1]);
    assert_true(block->is_import && !block->is_program);
    assert_string_equal(block->domain, "disk");
    assert_null(block->image);
    /* fs - block - links - store, and round again. */
    assert_true(manifest_depends(&m, fs, block));
    assert_true(manifest_depends(&m, fs, &m.units[3]));
    assert_true(manifest_depends(&m, &m.units[5], &m.units[0]));
    assert_true(manifest_depends(&m, &m.units[3], &m.units[3]));
    assert_false(manifest_depends(&m, &m.units[0], &m.units[3]));
    assert_false(manifest_depends(&m, &m.units[5], &m.units[4]));
}

#define MAIN  "program p image=p pages=1 main=1\n"
#define LINKS "program links image=l pages=1\n"

static const struct {
    const char *text;
    const char *error; /* part of the message */
} bad[] = {
    {"", "no main program"},
    {"program p image=p pages=1\n", "no main program"},
    {MAIN "program q image=p pages=1 main=1\n", "manifest:2: a second main"},
    {MAIN "\nservices x image=x pages=1\n", "manifest:3: no such directive"},
    {"program\n", "manifest:1: expected a name"},
    {"program P image=p pages=1\n", "expected a name: P"},
    {"program thirteenchars image=p pages=1\n", "expected a name"},
    {"program p pages=1 main=1\n", "no image"},
    {"program p image= pages=1 main=1\n", "no image"},
    {"program p image=p main=1\n", "no pages"},
    {"program p image=p pages=0 main=1\n", "no pages"},
    {"program p image=p pages=x main=1\n", "pages: not a number"},
    {"program p image=p pages=99999999999999999999 main=1\n", "pages: not"},
    {"program p image=p pages=1 main=2\n", "a program has no such word: main"},
    {"program p image=p pages=1 main\n", "expected KEY=VALUE"},
    {"program p image=p pages=1 placement=kernel\n", "no such word"},
    {"program p image=p pages=1  main=1\n", "expected KEY=VALUE"},
    {"program p image=%4 pages=1\n", "malformed value of: image"},
    {"program p image=%00 pages=1\n", "malformed value of: image"},
    {"program p image=%zz pages=1\n", "malformed value of: image"},
    {"program p image=p pages=1 main=1 use=fs\n", "uses a service not given"},
    {"program p image=p pages=1 main=1 use=clock,clock\n", "used twice"},
    {"program p image=p pages=1 main=1 use=clock,\n", "not a name"},
    {"program p image=p pages=1 main=1 use=p\n", "uses a service not given"},
    {"service s image=s pages=1 arg=x\n" MAIN, "a service has no such word"},
    {"service s image=s pages=1 placement=moon\n" MAIN, "no such placement"},
    {"service s image=s pages=1 device=serial\n" MAIN, "expected device="},
    {"service s image=s pages=1 device=tape:0\n" MAIN, "no such kind"},
    {"service s image=s pages=1 device=serial:64\n" MAIN, "expected device="},
    {"service s image=s pages=1 option.=x\n" MAIN, "no such word: option."},
    {"service p image=s pages=1\n" MAIN, "manifest:2: the name is taken"},
    {"service log image=s pages=1\n" MAIN, "kernel object's: log"},
    {"service s image=s pages=1 placement=inproc\n" MAIN, "inproc needs it"},
    {"service s image=s pages=1 client=p\n" MAIN, "client= is for inproc"},
    {"service s image=s pages=1 placement=inproc client=p\n" MAIN,
     "names nobody who uses it"},
    {"service s image=s pages=1 placement=inproc client=p\n"
     "program p image=p pages=1 use=s main=1\n"
     "program q image=p pages=1 use=s\n",
     "manifest:3: in-process service of"},
    {"import\n" MAIN, "expected a name"},
    {"import x\n" LINKS MAIN, "manifest:1: no domain: x"},
    {"import x image=x\n" LINKS MAIN, "an import has no such word: image"},
    {"import x pages=1\n" LINKS MAIN, "an import has no such word: pages"},
    {"import x domain=\n" LINKS MAIN, "not a name"},
    {"import x domain=A\n" LINKS MAIN, "not a name: A"},
    {"import x domain=thirteenchars\n" LINKS MAIN, "not a name"},
    {"import domain domain=d\n" LINKS MAIN, "kernel object's: domain"},
    {"import x domain=d\n" MAIN, "no program links for import: x"},
    {"import x domain=d\nservice links image=l pages=1\n" MAIN,
     "no program links for import: x"},
    {"import x domain=d\nimport x domain=e\n" LINKS MAIN, "name is taken: x"},
    {"import x domain=d\nprogram links image=l pages=1 use=x\n" MAIN,
     "keeps the links and uses: x"},
    {"program q image=q pages=1 use=x\nimport x domain=d\n" LINKS MAIN,
     "uses a service not given before: x"},
};

static void mistakes_are_told_with_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(read_text(bad[i].text));
        if (strstr(m.error, bad[i].error) == NULL ||
            strncmp(m.error, "manifest:", 9) != 0) {
            fail_msg("%s-> %s, not %s", bad[i].text, m.error, bad[i].error);
        }
    }
}

/* More of anything than there is room for is an error, too. */
static void limits_are_kept(void **state)
{
    static char long_text[65536];
    size_t at = 0;

    (void)state;
    for (int i = 0; i < MANIFEST_UNITS_MAX + 1; i++) {
        at +=
            (size_t)sprintf(long_text + at, "service s%d image=s pages=1\n", i);
    }
    assert_false(read_text(long_text));
    assert_non_null(strstr(m.error, "too many units"));
    at = (size_t)sprintf(long_text, "program p image=p pages=1");
    for (int i = 0; i < MANIFEST_ARGS_MAX + 1; i++) {
        at += (size_t)sprintf(long_text + at, " arg=%d", i);
    }
    assert_false(read_text(long_text));
    assert_non_null(strstr(m.error, "too many arguments"));
    memset(long_text, 'x', sizeof(long_text) - 1);
    assert_false(read_text(long_text));
}

static void a_nul_in_the_text_is_refused(void **state)
{
    char raw[] = MAIN "\0" MAIN;

    (void)state;
    assert_false(manifest_read(&m, raw, sizeof(raw) - 1));
    assert_non_null(strstr(m.error, "a NUL"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_manifest_is_read),
        cmocka_unit_test(mistakes_are_told_with_their_line),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(a_nul_in_the_text_is_refused),
        cmocka_unit_test(imports_are_units_that_need_the_connector),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(text);
    return failed;
}
