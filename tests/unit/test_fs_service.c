/*
 * The service fs as its clients see it: the generated stubs, through a small
 * runtime, over an image behind the contract block.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <contract/directory.h>
#include <contract/file.h>
#include <tests/unit/fs_service_host.h>

static int start(const char *name)
{
    struct svc_object *root = NULL;
    int status;

    log_clear();
    image_load(&image, name);
    status = fs_service.start(&root);
    objects[ROOT_HANDLE] = root;
    return status;
}

/* The service itself is never freed but by the end of its process. */
static void stop(void)
{
    struct {
        struct svc_object object;
        struct fs *fs;
    } *root = (void *)objects[ROOT_HANDLE];
    struct fs *fs = root->fs;
    void *disk = fs->cache.disk->ctx;

    for (uint32_t i = ROOT_HANDLE + 1; i < OBJECTS_MAX; i++) {
        if (objects[i] != NULL)
            close_handle(i);
    }
    fs_unmount(fs);
    svc_free(disk);
    svc_free(root);
    objects[ROOT_HANDLE] = NULL;
    image_free(&image);
    assert_int_equal(alloc_count, 0);
}

static void expect_file(nu_handle_t dir, const char *path, const char *text)
{
    nu_handle_t f = NU_HANDLE_NONE;
    char data[100];
    uint64_t size = 0;
    size_t bytes = 0;

    assert_int_equal(
        directory_open(dir, path, strlen(path), 0, &f, &size, NULL), 0);
    assert_int_equal(size, strlen(text));
    assert_int_equal(file_read(f, 0, 100, data, sizeof(data), &bytes), 0);
    assert_int_equal(bytes, strlen(text));
    assert_memory_equal(data, text, bytes);
    /* What the runtime answers by itself is the same. */
    assert_int_equal(objects[f]->word, size);
    assert_int_equal(objects[f]->class->word_method, FILE_SIZE_METHOD);
    size = 0;
    assert_int_equal(file_size(f, &size), 0);
    assert_int_equal(size, strlen(text));
    close_handle(f);
}

static void files_are_opened_and_read(void **state)
{
    nu_handle_t f = 77;
    nu_handle_t d = NU_HANDLE_NONE;
    uint64_t size = 0;

    assert_int_equal(start("default-1k"), 0);
    expect_file(ROOT_HANDLE, "links/target", "reached\n");
    expect_file(ROOT_HANDLE, "/links/slow", "reached\n");
    assert_int_equal(
        directory_open_directory(ROOT_HANDLE, "links", 5, 0, &d, NULL), 0);
    expect_file(d, "../../inner/file", "inner\n");
    assert_int_equal(
        directory_open(ROOT_HANDLE, "links", 5, 0, &f, &size, NULL), NU_ISDIR);
    assert_int_equal(directory_open(d, "nowhere", 7, 0, &f, &size, NULL),
                     NU_NOENT);
    assert_int_equal(directory_open(d, "fast", 4, 1, &f, &size, NULL), NU_LOOP);
    assert_int_equal(directory_open(d, "fast", 4, 2, &f, &size, NULL),
                     NU_INVAL);
    assert_int_equal(directory_open(d, "a\0b", 3, 0, &f, &size, NULL),
                     NU_INVAL);
    assert_int_equal(directory_open(ROOT_HANDLE, "pipe", 4, 0, &f, &size, NULL),
                     NU_INVAL);
    assert_int_equal(directory_open_directory(d, "target", 6, 0, &f, NULL),
                     NU_NOTDIR);
    assert_int_equal(f, 77);
    stop();
}

static void attributes_are_given(void **state)
{
    struct file_attributes a = {0};
    nu_handle_t f = NU_HANDLE_NONE;
    uint64_t size = 0;

    assert_int_equal(start("default-1k"), 0);
    assert_int_equal(directory_stat(ROOT_HANDLE, "mode", 4, 0, &a), 0);
    assert_int_equal(a.kind, FILE_KIND_REGULAR);
    assert_int_equal(a.mode, 0104751);
    assert_int_equal(a.links, 2);
    assert_int_equal(a.bytes, 5);
    assert_int_equal(a.modified_s, 500000000);
    assert_int_equal(directory_open(ROOT_HANDLE, "hard", 4, 0, &f, &size, NULL),
                     0);
    memset(&a, 0, sizeof(a));
    assert_int_equal(file_stat(f, &a), 0);
    assert_int_equal(a.mode, 0104751);
    assert_int_equal(directory_stat(ROOT_HANDLE, "links/fast", 10, 1, &a), 0);
    assert_int_equal(a.kind, FILE_KIND_SYMLINK);
    assert_int_equal(a.bytes, 6);
    assert_int_equal(directory_stat(ROOT_HANDLE, "/", 1, 0, &a), 0);
    assert_int_equal(a.kind, FILE_KIND_DIRECTORY);
    assert_int_equal(a.inode, 2);
    stop();
}

static void link_targets_are_given(void **state)
{
    char target[FS_PATH_MAX];
    size_t bytes = 0;

    assert_int_equal(start("default-1k"), 0);
    assert_int_equal(directory_read_link(ROOT_HANDLE, "links/fast", 10, target,
                                         sizeof(target), &bytes),
                     0);
    assert_int_equal(bytes, 6);
    assert_memory_equal(target, "target", 6);
    assert_int_equal(directory_read_link(ROOT_HANDLE, "links/slow-dangling", 19,
                                         target, sizeof(target), &bytes),
                     0);
    assert_int_equal(bytes, 1001);
    assert_int_equal(directory_read_link(ROOT_HANDLE, "links", 5, target,
                                         sizeof(target), &bytes),
                     NU_NOTLINK);
    stop();
}

static void a_large_directory_is_listed_in_parts(void **state)
{
    uint8_t *entries = malloc(FS_LIST_BYTES);
    nu_handle_t d = NU_HANDLE_NONE;
    uint64_t cursor = 0;
    uint32_t calls = 0;
    uint32_t seen = 0;
    uint64_t sum = 0;

    assert_int_equal(start("default-1k"), 0);
    assert_int_equal(
        directory_open_directory(ROOT_HANDLE, "many", 4, 0, &d, NULL), 0);
    do {
        size_t bytes = 0;

        assert_int_equal(
            directory_list(d, cursor, entries, FS_LIST_BYTES, &bytes, &cursor),
            0);
        for (size_t at = 0; at < bytes; at += 10u + entries[at + 9]) {
            assert_int_equal(entries[at + 8], FILE_KIND_REGULAR);
            sum += (uint64_t)strtoul((const char *)&entries[at + 10], NULL, 10);
            seen++;
        }
        calls++;
    } while (cursor != 0);
    assert_int_equal(seen, 2600);
    assert_int_equal(sum, 2600ull * 2599 / 2);
    assert_true(calls > 5 && calls < 20);
    assert_int_equal(
        directory_open_directory(ROOT_HANDLE, "empty", 5, 0, &d, NULL), 0);
    cursor = 9;
    assert_int_equal(
        directory_list(d, 0, entries, FS_LIST_BYTES, NULL, &cursor), 0);
    assert_int_equal(cursor, 0);
    free(entries);
    stop();
}

static void large_reads_go_as_far_as_they_can(void **state)
{
    static uint8_t data[65536];
    nu_handle_t f = NU_HANDLE_NONE;
    uint64_t size = 0;
    uint64_t at = 0;
    size_t bytes = 0;

    assert_int_equal(start("default-1k"), 0);
    assert_int_equal(
        directory_open(ROOT_HANDLE, "sizes/700001", 12, 0, &f, &size, NULL), 0);
    assert_int_equal(size, 700001);
    assert_int_equal(file_read(f, 0, 65537, data, sizeof(data), &bytes),
                     NU_RANGE);
    sectors_largest = 0;
    do {
        assert_int_equal(file_read(f, at, 65536, data, sizeof(data), &bytes),
                         0);
        at += bytes;
    } while (bytes > 0);
    assert_int_equal(at, size);
    /* The disk's limit is kept, and used. */
    assert_int_equal(sectors_largest, BYTES_MAX / 512);
    /* Scattered blocks need a piece each. */
    assert_int_equal(
        directory_open(ROOT_HANDLE, "sparse/extents", 14, 0, &f, &size, NULL),
        0);
    for (at = 0; at < size; at += bytes) {
        assert_int_equal(file_read(f, at, 65536, data, sizeof(data), &bytes),
                         0);
        assert_true(bytes > 8192);
    }
    assert_int_equal(at, size);
    stop();
}

static void a_busy_disk_is_asked_again(void **state)
{
    nu_handle_t f = NU_HANDLE_NONE;
    uint64_t size;

    assert_int_equal(start("default-1k"), 0);
    disk_busy = 5;
    expect_file(ROOT_HANDLE, "links/target", "reached\n");
    assert_int_equal(disk_busy, 0);
    image.bad_sector = 0;
    disk_busy = 1000000;
    assert_int_equal(
        directory_open(ROOT_HANDLE, "some/entry7", 11, 0, &f, &size, NULL),
        NU_IO);
    disk_busy = 0;
    expect_file(ROOT_HANDLE, "some/entry7", "7\n");
    stop();
}

/* With the smallest cache everything is slower, and nothing else. */
static void options_are_checked(void **state)
{
    cache_option = "1";
    assert_int_equal(start("default-4k"), 0);
    expect_file(ROOT_HANDLE, "links/chain-39", "reached\n");
    /* More blocks of targets than the cache has room for. */
    expect_file(ROOT_HANDLE, "links/slow-chain-39", "reached\n");
    expect_file(ROOT_HANDLE, "some/entry399", "39\n");
    stop();
    cache_option = "12x";
    assert_int_equal(start("default-4k"), NU_INVAL);
    image_free(&image);
    cache_option = "99999999999999999999";
    assert_int_equal(start("default-4k"), NU_INVAL);
    image_free(&image);
    cache_option = NULL;
}

static void a_refused_image_ends_the_service(void **state)
{
    assert_int_equal(start("refuse-recover"), NU_UNSUP);
    assert_int_equal(alloc_count, 0);
    assert_true(log_has("journal needs recovery"));
    image_free(&image);
}

/* Every allocation in turn fails: an error, nothing lost, and it goes on. */
static void running_out_of_memory_loses_nothing(void **state)
{
    nu_handle_t f = NU_HANDLE_NONE;
    uint64_t size;
    uint32_t n = 1;

    for (;; n++) {
        alloc_fails = n;
        if (start("small-1k") == 0)
            break;
        assert_int_equal(alloc_count, 0);
        image_free(&image);
    }
    /* The cache is made smaller rather than given up. */
    assert_true(n >= 4);
    alloc_fails = 1;
    assert_int_equal(
        directory_open(ROOT_HANDLE, "file1", 5, 0, &f, &size, NULL), NU_NOMEM);
    alloc_fails = 1;
    assert_int_equal(directory_open_directory(ROOT_HANDLE, "a", 1, 0, &f, NULL),
                     NU_NOMEM);
    give_fails = 1;
    assert_int_equal(
        directory_open(ROOT_HANDLE, "file1", 5, 0, &f, &size, NULL), NU_NOSLOT);
    give_fails = 1;
    assert_int_equal(directory_open_directory(ROOT_HANDLE, "a", 1, 0, &f, NULL),
                     NU_NOSLOT);
    expect_file(ROOT_HANDLE, "a/b/c", "c\n");
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_opened_and_read),
        cmocka_unit_test(attributes_are_given),
        cmocka_unit_test(link_targets_are_given),
        cmocka_unit_test(a_large_directory_is_listed_in_parts),
        cmocka_unit_test(large_reads_go_as_far_as_they_can),
        cmocka_unit_test(a_busy_disk_is_asked_again),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(a_refused_image_ends_the_service),
        cmocka_unit_test(running_out_of_memory_loses_nothing),
    };

    images_wanted = "default-1k default-4k small-1k refuse-recover";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
