/*
 * The manifest's text, and the boot archive read back with the kernel's own
 * reader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <nlib/cpio.h>

#include "tools/nuncio/boot_archive.h"
#include "tools/nuncio/manifest.h"

static char build_dir[] = "/tmp/nuncio-archive.XXXXXX";
static const char *const image_names[] = {"init", "sh", "ext4", "blk", "con"};

#define IMAGE_COUNT (sizeof(image_names) / sizeof(image_names[0]))

static const char *image_path(struct pool *pool, const char *name)
{
    return pool_format(pool, "%s/image/%s", build_dir, name);
}

/* Each image holds its own name, an odd number of times. */
static int set_up(void **state)
{
    struct pool pool = {0};

    (void)state;
    assert_non_null(mkdtemp(build_dir));
    assert_int_equal(mkdir(pool_format(&pool, "%s/image", build_dir), 0700), 0);
    for (size_t i = 0; i < IMAGE_COUNT; i++) {
        FILE *file = fopen(image_path(&pool, image_names[i]), "w");

        assert_non_null(file);
        for (size_t k = 0; k < 3001 + i; k++)
            assert_true(fputs(image_names[i], file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    pool_free(&pool);
    return 0;
}

static int tear_down(void **state)
{
    struct pool pool = {0};

    (void)state;
    for (size_t i = 0; i < IMAGE_COUNT; i++)
        (void)unlink(image_path(&pool, image_names[i]));
    (void)rmdir(pool_format(&pool, "%s/image", build_dir));
    pool_free(&pool);
    return rmdir(build_dir);
}

static void add_service(struct system *sys, const char *name, const char *image,
                        enum placement placement)
{
    struct service *service = &sys->services[sys->service_count++];

    service->name = name;
    service->image = image;
    service->placement = placement;
    service->pages = 100;
}

/* fs uses blk, which stands behind it; sh is main and uses both con and fs. */
static struct system *make_system(void)
{
    struct system *sys = must_realloc(NULL, sizeof(*sys));
    struct program *program = &sys->programs[0];

    memset(sys, 0, sizeof(*sys));
    sys->file = "t.conf";
    sys->name = "t";
    sys->disks[0].name = "first";
    sys->disks[1].name = "second";
    sys->disk_count = 2;
    add_service(sys, "con", "con", PLACEMENT_KERNEL);
    add_service(sys, "fs", "ext4", PLACEMENT_INPROC);
    add_service(sys, "blk", "blk", PLACEMENT_PROCESS);
    sys->services[0].has_serial = true;
    sys->services[1].client = "sh";
    strings_add(&sys->pool, &sys->services[1].uses, "blk");
    sys->services[2].disk = "second";
    program->name = "sh";
    program->image = "sh";
    program->pages = 50;
    program->is_main = true;
    strings_add(&sys->pool, &program->uses, "con");
    strings_add(&sys->pool, &program->uses, "fs");
    sys->program_count = 1;
    return sys;
}

static void manifest_has_every_word(void **state)
{
    struct system *sys = make_system();
    struct option options[] = {{"cache", "64"}, {"mode", "a b=c%"}};
    struct text text = {0};

    (void)state;
    sys->services[1].options = options;
    sys->services[1].option_count = 2;
    sys->programs[0].traced = true;
    strings_add(&sys->pool, &sys->programs[0].args, "/a b\n");
    strings_add(&sys->pool, &sys->programs[0].args, "");
    strings_add(&sys->pool, &sys->programs[0].args, "\xc3\xbc~");
    manifest_write(sys, &text);
    assert_string_equal(
        text_string(&text),
        "service con image=con placement=kernel pages=100 device=serial:0\n"
        "service blk image=blk placement=process pages=100 "
        "device=virtio-blk:1\n"
        "service fs image=ext4 placement=inproc pages=100 use=blk client=sh "
        "option.cache=64 option.mode=a%20b=c%25\n"
        "program sh image=sh pages=50 use=con,fs main=1 trace=1 "
        "arg=/a%20b%0A arg= arg=%C3%BC%7E\n");
    text_free(&text);
    system_free(sys);
}

struct archive_bytes {
    void *data;
    size_t bytes;
};

static struct archive_bytes write_archive(struct system *sys)
{
    struct report report = {0};
    struct archive_bytes out = {0};
    int fd = memfd_create("archive", 0);
    off_t end;

    assert_true(archive_write_system(sys, build_dir, fd, &report));
    assert_int_equal(report.errors, 0);
    end = lseek(fd, 0, SEEK_END);
    assert_true(end > 0);
    out.bytes = (size_t)end;
    out.data = malloc(out.bytes);
    assert_non_null(out.data);
    assert_int_equal(pread(fd, out.data, out.bytes, 0), end);
    close(fd);
    return out;
}

static void kernel_reads_the_archive(void **state)
{
    static const char *const names[] = {"init", "manifest", "image/ext4",
                                        "image/blk", "image/sh"};
    struct system *sys = make_system();
    struct archive_bytes archive = write_archive(sys);
    struct text manifest = {0};
    struct nl_cpio_entry entry;
    size_t at = 0;

    (void)state;
    manifest_write(sys, &manifest);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(nl_cpio_next(archive.data, archive.bytes, &at, &entry),
                         1);
        assert_string_equal(entry.name, names[i]);
        if (i == 1) {
            assert_int_equal(entry.bytes, manifest.bytes);
            assert_memory_equal(entry.data, manifest.data, manifest.bytes);
        }
    }
    assert_int_equal(nl_cpio_next(archive.data, archive.bytes, &at, &entry), 0);
    assert_int_equal(
        nl_cpio_find(archive.data, archive.bytes, "image/ext4", &entry), 1);
    assert_int_equal(entry.bytes, 3003 * 4);
    assert_memory_equal(entry.data, "ext4ext4ext4", 12);
    text_free(&manifest);
    free(archive.data);
    system_free(sys);
}

static void same_system_gives_same_bytes(void **state)
{
    struct system *sys = make_system();
    struct archive_bytes first = write_archive(sys);
    struct archive_bytes second;

    (void)state;
    system_free(sys);
    sys = make_system();
    second = write_archive(sys);
    assert_int_equal(first.bytes, second.bytes);
    assert_memory_equal(first.data, second.data, first.bytes);
    free(first.data);
    free(second.data);
    system_free(sys);
}

static void image_that_is_shared_is_there_once(void **state)
{
    struct system *sys = make_system();
    struct archive_bytes archive;
    struct nl_cpio_entry entry;
    size_t at = 0;
    unsigned found = 0;

    (void)state;
    sys->programs[1] = sys->programs[0];
    sys->programs[1].name = "two";
    sys->programs[1].is_main = false;
    sys->program_count = 2;
    archive = write_archive(sys);
    while (nl_cpio_next(archive.data, archive.bytes, &at, &entry) == 1)
        found += strcmp(entry.name, "image/sh") == 0;
    assert_int_equal(found, 1);
    free(archive.data);
    system_free(sys);
}

static void image_that_is_missing_is_told(void **state)
{
    struct system *sys = make_system();
    struct report report = {0};
    int fd = memfd_create("archive", 0);

    (void)state;
    sys->programs[0].image = "nothing";
    assert_false(archive_write_system(sys, build_dir, fd, &report));
    assert_non_null(strstr(text_string(&report.text),
                           "/image/nothing: No such file or directory (is it "
                           "built?)"));
    close(fd);
    report_free(&report);
    system_free(sys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest_has_every_word),
        cmocka_unit_test(kernel_reads_the_archive),
        cmocka_unit_test(same_system_gives_same_bytes),
        cmocka_unit_test(image_that_is_shared_is_there_once),
        cmocka_unit_test(image_that_is_missing_is_told),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
