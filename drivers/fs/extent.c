/*
 * The extent tree of a file. Every node is checked when it is first read: its
 * checksum, that its entries are in order and that they lie inside the file
 * system. The depth falls by one at each step, so that no tree is endless.
 */
#include <fs/fs_internal.h>

/* File block numbers have 32 bits. */
#define FILE_BLOCKS_MAX (1ull << 32)

static int damaged(struct fs *fs, const struct fs_inode *inode, const char *why)
{
    fs_log(fs, "fs: inode %u: extent tree: %s", inode->number, why);
    return NU_CORRUPT;
}

static uint64_t extent_start(const struct ext4_extent *e)
{
    return e->start_lo | (uint64_t)e->start_hi << 32;
}

static uint32_t extent_blocks(const struct ext4_extent *e)
{
    return e->len > EXT4_EXTENT_LEN_MAX ? e->len - EXT4_EXTENT_LEN_MAX : e->len;
}

static uint64_t index_leaf(const struct ext4_extent_index *x)
{
    return x->leaf_lo | (uint64_t)x->leaf_hi << 32;
}

static const char *check_leaf(const struct fs *fs,
                              const struct ext4_extent_header *h)
{
    const struct ext4_extent *e = fs_at(h, sizeof(*h));
    uint64_t end = 0;

    for (uint32_t i = 0; i < h->entries; i++) {
        uint32_t blocks = extent_blocks(&e[i]);

        if (blocks == 0 || e[i].block < end)
            return "extents are out of order";
        end = (uint64_t)e[i].block + blocks;
        if (end > FILE_BLOCKS_MAX ||
            !fs_has_blocks(fs, extent_start(&e[i]), blocks))
            return "an extent lies outside the disk";
    }
    return NULL;
}

static const char *check_index(const struct fs *fs,
                               const struct ext4_extent_header *h)
{
    const struct ext4_extent_index *x = fs_at(h, sizeof(*h));

    if (h->entries == 0)
        return "an index is empty";
    for (uint32_t i = 0; i < h->entries; i++) {
        if (i > 0 && x[i].block <= x[i - 1].block)
            return "an index is out of order";
        if (!fs_has_blocks(fs, index_leaf(&x[i]), 1))
            return "an index points outside the disk";
    }
    return NULL;
}

/* NULL, or what is wrong with a node that has (bytes) of room. */
static const char *check_header(const struct ext4_extent_header *h,
                                uint32_t bytes)
{
    if (h->magic != EXT4_EXTENT_MAGIC)
        return "no magic number";
    if (h->entries > h->max ||
        h->max > (bytes - sizeof(*h)) / sizeof(struct ext4_extent))
        return "too many entries";
    if (h->depth > EXT4_EXTENT_DEPTH_MAX)
        return "too deep";
    return NULL;
}

static const char *check_node(const struct fs *fs,
                              const struct ext4_extent_header *h,
                              uint32_t bytes)
{
    const char *why = check_header(h, bytes);

    if (why != NULL)
        return why;
    return h->depth == 0 ? check_leaf(fs, h) : check_index(fs, h);
}

/* A place in the tree: a node, and the file blocks it may speak of. A node that
 * belongs elsewhere in the same tree has a good checksum too. */
struct place {
    const struct ext4_extent_header *node;
    uint64_t first;
    uint64_t limit;
};

static bool is_in_place(const struct place *p)
{
    const struct ext4_extent_header *h = p->node;
    const struct ext4_extent *e = fs_at(h, sizeof(*h));
    const struct ext4_extent *last = e + h->entries - 1;
    uint64_t end;

    if (h->entries == 0)
        return true;
    /* Both kinds of entry begin with their file block. */
    end = (uint64_t)last->block + (h->depth == 0 ? extent_blocks(last) : 1);
    return e->block >= p->first && end <= p->limit;
}

/* Goes on to the node in (block), which must have (depth). */
static int read_node(struct fs *fs, const struct fs_inode *inode,
                     uint64_t block, uint32_t depth, struct place *p)
{
    uint64_t mark = fs_checked(FS_CHECKED_EXTENTS, inode->number);
    const struct ext4_extent_header *h;
    const char *why;
    struct fs_block b;
    int status = fs_cache_get(&fs->cache, FS_POOL_META, block, 1, &b);

    if (status != 0) {
        fs_log(fs, "fs: inode %u: cannot read extent block %lu", inode->number,
               block);
        return status;
    }
    h = b.data;
    if (*b.checked != mark) {
        /* The checksum's place depends on the header. */
        why = check_header(h, fs->block_bytes - 4);
        if (why != NULL)
            return damaged(fs, inode, why);
        if (fs->has_csum) {
            size_t at = sizeof(*h) + h->max * sizeof(struct ext4_extent);
            const uint32_t *sum = fs_at(h, at);

            if (fs_crc32c(fs, inode->csum_seed, h, at) != *sum)
                return damaged(fs, inode, "wrong checksum");
        }
        why = check_node(fs, h, fs->block_bytes - 4);
        if (why != NULL)
            return damaged(fs, inode, why);
        *b.checked = mark;
    }
    p->node = h;
    if (h->depth != depth || !is_in_place(p))
        return damaged(fs, inode, "a node is out of place");
    return 0;
}

/* Fills (out) from a leaf; what no extent holds is zeros up to the next. */
static void search_leaf(const struct place *p, uint64_t block,
                        struct fs_run *out)
{
    const struct ext4_extent *e = fs_at(p->node, sizeof(*p->node));
    uint64_t limit = p->limit;
    uint32_t low = 0;
    uint32_t high = p->node->entries;
    uint32_t blocks;

    /* low: the first extent that begins behind (block). */
    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (e[middle].block <= block)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < p->node->entries)
        limit = e[low].block;
    out->first = block;
    out->count = limit - block;
    out->disk = 0;
    out->is_data = false;
    if (low == 0)
        return;
    e += low - 1;
    blocks = extent_blocks(e);
    if (block >= (uint64_t)e->block + blocks)
        return;
    out->first = e->block;
    out->count = blocks;
    out->is_data = e->len <= EXT4_EXTENT_LEN_MAX;
    out->disk = out->is_data ? extent_start(e) : 0;
}

/* The entry of an index to follow; NULL: (block) is before the first. Narrows
 * the place to what that entry spans. */
static const struct ext4_extent_index *search_index(struct place *p,
                                                    uint64_t block)
{
    const struct ext4_extent_index *x = fs_at(p->node, sizeof(*p->node));
    uint32_t low = 0;
    uint32_t high = p->node->entries;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (x[middle].block <= block)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < p->node->entries)
        p->limit = x[low].block;
    if (low == 0)
        return NULL;
    p->first = x[low - 1].block;
    return &x[low - 1];
}

int fs_extent_map(struct fs *fs, const struct fs_inode *inode, uint64_t block,
                  struct fs_run *out)
{
    struct place p = {
        .node = (const void *)inode->map, .first = 0, .limit = FILE_BLOCKS_MAX};
    const char *why = check_node(fs, p.node, sizeof(inode->map));

    if (why != NULL)
        return damaged(fs, inode, why);
    if (block >= FILE_BLOCKS_MAX)
        return damaged(fs, inode, "the file is too long");
    for (uint32_t depth = p.node->depth; depth > 0; depth--) {
        const struct ext4_extent_index *x = search_index(&p, block);
        int status;

        if (x == NULL) {
            out->first = block;
            out->count = p.limit - block;
            out->disk = 0;
            out->is_data = false;
            return 0;
        }
        status = read_node(fs, inode, index_leaf(x), depth - 1, &p);
        if (status != 0)
            return status;
    }
    search_leaf(&p, block, out);
    return 0;
}
