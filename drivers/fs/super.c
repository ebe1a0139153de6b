/*
 * The superblock: what the file system is, or why it is refused.
 */
#include <fs/fs_internal.h>
#include <nlib/string.h>

#define BLOCKS_MAX    (1ull << 48)
#define LOG_BLOCK_MAX 2u /* 4 KiB */
#define DESC_MAX      1024u

/* Names of incompatible features, and whether this service reads them. */
static const struct feature {
    uint32_t bit;
    bool is_supported;
    char name[15];
} features[] = {
    {EXT4_INCOMPAT_COMPRESSION, false, "compression"},
    {EXT4_INCOMPAT_FILETYPE, true, "filetype"},
    {EXT4_INCOMPAT_JOURNAL_DEV, false, "journal_dev"},
    {EXT4_INCOMPAT_META_BG, true, "meta_bg"},
    {EXT4_INCOMPAT_EXTENTS, true, "extent"},
    {EXT4_INCOMPAT_64BIT, true, "64bit"},
    {EXT4_INCOMPAT_MMP, false, "mmp"},
    {EXT4_INCOMPAT_FLEX_BG, true, "flex_bg"},
    {EXT4_INCOMPAT_EA_INODE, true, "ea_inode"},
    {EXT4_INCOMPAT_DIRDATA, false, "dirdata"},
    {EXT4_INCOMPAT_CSUM_SEED, true, "csum_seed"},
    {EXT4_INCOMPAT_LARGEDIR, true, "large_dir"},
    {EXT4_INCOMPAT_INLINE_DATA, false, "inline_data"},
    {EXT4_INCOMPAT_ENCRYPT, false, "encrypt"},
    {EXT4_INCOMPAT_CASEFOLD, false, "casefold"},
};

static int refuse(int status, const char *why)
{
    svc_log("fs: refused: %s", why);
    return status;
}

/* Names every feature that stands in the way. */
static int check_features(uint32_t incompat)
{
    uint32_t rest = incompat & ~EXT4_INCOMPAT_RECOVER;
    int status = 0;

    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        const struct feature *f = &features[i];

        if ((incompat & f->bit) != 0 && !f->is_supported) {
            svc_log("fs: refused: feature %s is not supported", f->name);
            status = NU_UNSUP;
        }
        rest &= ~f->bit;
    }
    if (rest != 0) {
        svc_log("fs: refused: unknown incompatible features 0x%x", rest);
        status = NU_UNSUP;
    }
    if ((incompat & EXT4_INCOMPAT_RECOVER) != 0) {
        svc_log("fs: refused: the journal needs recovery; "
                "run e2fsck on the image, or mount it once with Linux");
        status = NU_UNSUP;
    }
    return status;
}

static int check_csum(struct fs *fs, const struct ext4_super *s)
{
    fs->has_csum = (s->feature_ro_compat & EXT4_ROCOMPAT_METADATA_CSUM) != 0;
    /* A type without the feature means that the feature's bit was lost. */
    if (!fs->has_csum && s->checksum_type != EXT4_CHECKSUM_CRC32C)
        return 0;
    if (s->checksum_type != EXT4_CHECKSUM_CRC32C)
        return refuse(NU_UNSUP, "unknown type of checksum");
    if (fs_super_csum(fs, s) != s->checksum)
        return refuse(NU_CORRUPT, "superblock: wrong checksum");
    return 0;
}

/* Sizes of blocks, inodes and descriptors. */
static int take_sizes(struct fs *fs, const struct ext4_super *s)
{
    bool is_64bit = (s->feature_incompat & EXT4_INCOMPAT_64BIT) != 0;

    if (s->log_block_size > LOG_BLOCK_MAX)
        return refuse(NU_UNSUP, "blocks of more than 4096 bytes");
    fs->block_shift = 10 + s->log_block_size;
    fs->block_bytes = 1u << fs->block_shift;
    fs->inode_bytes = s->rev_level == 0 ? EXT4_INODE_BASE_BYTES : s->inode_size;
    if (fs->inode_bytes < EXT4_INODE_BASE_BYTES ||
        fs->inode_bytes > fs->block_bytes ||
        (fs->inode_bytes & (fs->inode_bytes - 1)) != 0)
        return refuse(NU_CORRUPT, "superblock: impossible inode size");
    fs->desc_bytes = is_64bit ? s->desc_size : EXT4_DESC_MIN;
    if (is_64bit &&
        (fs->desc_bytes < EXT4_DESC_MIN_64BIT || fs->desc_bytes > DESC_MAX ||
         (fs->desc_bytes & (fs->desc_bytes - 1)) != 0))
        return refuse(NU_CORRUPT, "superblock: impossible descriptor size");
    fs->desc_per_block = fs->block_bytes / fs->desc_bytes;
    return 0;
}

/* Numbers of blocks, groups and inodes. */
static int take_geometry(struct fs *fs, const struct ext4_super *s)
{
    bool has_clusters = (s->feature_ro_compat & EXT4_ROCOMPAT_BIGALLOC) != 0;
    uint32_t per_group_max = 8 * fs->block_bytes;
    uint64_t desc_blocks;

    fs->blocks = s->blocks_count_lo;
    if ((s->feature_incompat & EXT4_INCOMPAT_64BIT) != 0)
        fs->blocks |= (uint64_t)s->blocks_count_hi << 32;
    fs->first_data_block = s->first_data_block;
    fs->blocks_per_group = s->blocks_per_group;
    fs->inodes_per_group = s->inodes_per_group;
    fs->inodes = s->inodes_count;
    if (fs->first_data_block > 1 ||
        (fs->first_data_block == 1 && fs->block_bytes != 1024) ||
        fs->blocks <= fs->first_data_block || fs->blocks > BLOCKS_MAX)
        return refuse(NU_CORRUPT, "superblock: impossible number of blocks");
    if (fs->blocks_per_group == 0 || fs->inodes_per_group == 0 ||
        fs->inodes_per_group > per_group_max ||
        (has_clusters ? s->clusters_per_group : s->blocks_per_group) >
            per_group_max)
        return refuse(NU_CORRUPT, "superblock: impossible size of groups");
    fs->groups =
        (fs->blocks - fs->first_data_block - 1) / fs->blocks_per_group + 1;
    if (fs->groups > UINT32_MAX ||
        fs->groups * fs->inodes_per_group != fs->inodes)
        return refuse(NU_CORRUPT, "superblock: impossible number of inodes");
    desc_blocks = (fs->groups - 1) / fs->desc_per_block + 1;
    fs->first_meta_bg = s->first_meta_bg;
    if ((s->feature_incompat & EXT4_INCOMPAT_META_BG) == 0)
        fs->first_meta_bg = (uint32_t)desc_blocks;
    else if (s->first_meta_bg > desc_blocks)
        return refuse(NU_CORRUPT, "superblock: impossible first_meta_bg");
    return 0;
}

static void take_rest(struct fs *fs, const struct ext4_super *s)
{
    fs->compat = s->feature_compat;
    fs->incompat = s->feature_incompat;
    fs->ro_compat = s->feature_ro_compat;
    memcpy(fs->uuid, s->uuid, sizeof(fs->uuid));
    memcpy(fs->hash_seed, s->hash_seed, sizeof(fs->hash_seed));
    fs->backup_bgs[0] = s->backup_bgs[0];
    fs->backup_bgs[1] = s->backup_bgs[1];
    fs->has_unsigned_hash = (s->flags & EXT4_FLAG_UNSIGNED_HASH) != 0;
    if ((fs->incompat & EXT4_INCOMPAT_CSUM_SEED) != 0)
        fs->csum_seed = s->checksum_seed;
    else
        fs->csum_seed = fs_crc32c(fs, ~0u, s->uuid, sizeof(s->uuid));
}

static int take_super(struct fs *fs, const struct ext4_super *s)
{
    int status;

    if (s->magic != EXT4_MAGIC)
        return refuse(NU_CORRUPT, "no ext2, ext3 or ext4 file system");
    status = check_csum(fs, s);
    if (status != 0)
        return status;
    if (s->rev_level > 1)
        return refuse(NU_UNSUP, "unknown revision of the format");
    status = s->rev_level == 0 ? 0 : check_features(s->feature_incompat);
    if (status == 0)
        status = take_sizes(fs, s);
    if (status == 0)
        status = take_geometry(fs, s);
    if (status != 0)
        return status;
    take_rest(fs, s);
    if ((s->state & EXT4_STATE_ERRORS) != 0)
        svc_log("fs: the file system is marked as having errors");
    return 0;
}

int fs_super_load(struct fs *fs, const struct fs_disk *disk)
{
    struct ext4_super *s;
    uint64_t blocks;
    int status;

    if (disk->sectors < (EXT4_SUPER_OFFSET + sizeof(*s)) / FS_SECTOR_BYTES)
        return refuse(NU_CORRUPT, "the disk is too small");
    s = svc_alloc(sizeof(*s));
    if (s == NULL)
        return NU_NOMEM;
    status = disk->read(disk->ctx, EXT4_SUPER_OFFSET / FS_SECTOR_BYTES,
                        sizeof(*s) / FS_SECTOR_BYTES, s);
    if (status != 0)
        status = refuse(NU_IO, "cannot read the superblock");
    else
        status = take_super(fs, s);
    svc_free(s);
    if (status != 0)
        return status;
    blocks = disk->sectors / (fs->block_bytes / FS_SECTOR_BYTES);
    if (blocks < fs->blocks)
        svc_log("fs: the disk ends at block %lu of %lu: what lies behind "
                "cannot be read",
                blocks, fs->blocks);
    return 0;
}
