/*
 * Changes to the metadata of an ext4 image, then everything in it is read.
 *
 * Input: a byte of flags, then changes of 5 bytes and more: u16 which block of
 * metadata, u16 where in it, u8 how many bytes (modulo 16, plus 1), the bytes.
 * Flag 1: checksums are made right afterwards. Flag 2: the disk ends early.
 * Without flag 1 there is one change of at most 4 bytes: a checksum of 32 bits
 * sees every such change, while libFuzzer, which watches comparisons, would
 * soon write the right checksum behind a longer one.
 *
 * No crash, no endless search; and where the checksums were left alone, what is
 * read is right or an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tests/ext4/mutate.h>
#include <tests/unit/ext4_host.h>

#define CACHE_BYTES (192u << 10)
#define WHOLE_CACHE (8u << 20)
#define READS_MAX   50000u
#define FLAG_FORGE  1u
#define FLAG_CUT    2u

static struct image good;
static struct image bad;
static struct fs *whole;
static struct targets targets;
static char tree[512];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct walk_result r;

    images_wanted = "tiny";
    image_load(&good, "tiny");
    snprintf(tree, sizeof(tree), "%s/tiny", images_path());
    if (fs_mount(&whole, &good.disk, WHOLE_CACHE) != 0)
        abort();
    walk(whole, tree, 0, &r);
    if (r.errors + r.wrong != 0 || r.files < 60)
        abort();
    targets_find(&targets, whole);
    bad.size = good.size;
    bad.bytes = malloc(bad.size);
    memcpy(bad.bytes, good.bytes, bad.size);
    return 0;
}

static void change(const uint8_t *data, size_t size)
{
    bool is_forged = (data[0] & FLAG_FORGE) != 0;

    for (size_t at = 1; at + 5 < size && targets.count > 0;) {
        uint32_t which = (data[at] | (uint32_t)data[at + 1] << 8);
        uint32_t where = (data[at + 2] | (uint32_t)data[at + 3] << 8);
        size_t bytes = data[at + 4] % 16u + 1u;
        const struct target *t = &targets.list[which % targets.count];

        at += 5;
        where %= t->bytes;
        if (!is_forged && bytes > 4)
            bytes = 4;
        if (bytes > size - at)
            bytes = size - at;
        if (bytes > t->bytes - where)
            bytes = t->bytes - where;
        memcpy(bad.bytes + t->offset + where, data + at, bytes);
        if (!is_forged)
            break;
        forge(whole, t, bad.bytes + t->offset);
        at += bytes;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct walk_result r = {0};
    struct fs *fs = NULL;
    uint32_t flags;

    if (size == 0)
        return 0;
    flags = (data[0] & FLAG_FORGE) != 0 ? WALK_BLIND : 0u;
    for (uint32_t i = 0; i < targets.count; i++)
        memcpy(bad.bytes + targets.list[i].offset,
               good.bytes + targets.list[i].offset, targets.list[i].bytes);
    change(data, size);
    bad.size = (data[0] & FLAG_CUT) != 0 ? good.size / 2 : good.size;
    image_attach(&bad);
    log_clear();
    if (fs_mount(&fs, &bad.disk, CACHE_BYTES) == 0) {
        walk(fs, tree, flags, &r);
        fs_unmount(fs);
    }
    if (alloc_count < 1 || bad.reads > READS_MAX)
        abort();
    if (r.wrong != 0) {
        fprintf(stderr, "%s\n", r.first_wrong);
        abort();
    }
    return 0;
}
