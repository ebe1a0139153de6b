/*
 * `nuncio image`: a GPT disk with a BIOS boot partition and an EFI system
 * partition (FAT), from which GRUB boots the kernel by multiboot2 with the boot
 * archive as its module. Made in files alone: no root, no loop device.
 *
 * Spec: UEFI 2.10 chapter 5 (GPT), 13.3 (FAT, \EFI\BOOT\BOOTX64.EFI); GRUB 2.06
 *       manual "BIOS installation"; offsets in GRUB's boot.img and core.img.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot_archive.h"
#include "commands.h"
#include "host.h"
#include "split.h"
#include "status.h"
#include "words.h"

#define SECTOR        512
#define MIB           (1024 * 1024)
#define CORE_LBA      34 /* first after the partition table */
#define CORE_SECTORS  2014
#define ESP_LBA       2048
#define TAIL_SECTORS  34 /* the second partition table */
#define MBR_CODE      440 /* of boot.img; the partition entries follow */
#define BOOT_CORE_LBA 0x5c /* in boot.img: where core.img is */
#define CORE_REST_LBA 0x1f4 /* in core.img: where its second sector is */
#define GRUB_BOOT_IMG "/usr/lib/grub/i386-pc/boot.img"
#define ESP_GUID      "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
#define BIOS_GUID     "21686148-6449-6E6F-744E-656564454649"

struct image {
    const struct options *options;
    struct system *sys;
    const char *build_dir;
    struct report *report;
    struct pool pool;
    const char *dir; /* for our files, removed in the end */
    const char *disk; /* raw, under construction */
    uint64_t sectors;
};

/* Our files in image.dir. */
static const char *const parts[] = {"archive",  "grub.cfg",    "early.cfg",
                                    "core.img", "bootx64.efi", "disk"};

static const char *part(struct image *image, const char *name)
{
    return pool_format(&image->pool, "%s/%s", image->dir, name);
}

static bool fail(struct image *image, const char *path)
{
    report_error(image->report, NULL, 0, "%s: %s", path, strerror(errno));
    return false;
}

static bool run(struct image *image, const char *input,
                const char *const *words)
{
    struct strings argv = {0};

    for (; *words != NULL; words++)
        strings_add(&image->pool, &argv, *words);
    if (image->options->verbose) {
        struct text text = {0};

        for (size_t i = 0; i < argv.count; i++) {
            text_puts(&text, i == 0 ? "" : " ");
            words_quote(&text, argv.items[i]);
        }
        (void)fprintf(stderr, "%s\n", text_string(&text));
        text_free(&text);
    }
    return host_run(&argv, input, image->report);
}

#define RUN(image, input, ...) \
    run(image, input, (const char *const[]){__VA_ARGS__, NULL})

static bool write_file(struct image *image, const char *name,
                       const struct text *text)
{
    const char *path = part(image, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, text_string(text), text->bytes) ==
                               (ssize_t)text->bytes;

    if (!good)
        fail(image, path);
    if (fd >= 0)
        close(fd);
    return good;
}

static bool write_configs(struct image *image)
{
    const char *append = image->options->append;
    struct strings words = {0};
    struct text text = {0};
    bool good;

    text_puts(&text, "search.file /boot/nuncio-kernel root\n"
                     "set prefix=($root)/boot/grub\n");
    good = write_file(image, "early.cfg", &text);
    text_clear(&text);
    if (append != NULL && words_split(&image->pool, append, &words) != NULL) {
        report_error(image->report, NULL, 0, "--append: a quote is open");
        good = false;
    }
    text_puts(&text, "set timeout=0\nterminal_output console\n"
                     "multiboot2 /boot/nuncio-kernel");
    for (size_t i = 0; i < words.count; i++) {
        text_puts(&text, " ");
        words_quote(&text, words.items[i]);
    }
    text_puts(&text, "\nmodule2 /boot/archive\nboot\n");
    good = good && write_file(image, "grub.cfg", &text);
    text_free(&text);
    return good;
}

static bool write_archive(struct image *image)
{
    const char *path = part(image, "archive");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good;

    if (fd < 0)
        return fail(image, path);
    good =
        archive_write_system(image->sys, image->build_dir, fd, image->report);
    close(fd);
    return good;
}

static bool make_grub(struct image *image)
{
    return RUN(image, NULL, "grub-mkimage", "-O", "i386-pc", "-o",
               part(image, "core.img"), "-c", part(image, "early.cfg"), "-p",
               "/boot/grub", "biosdisk", "part_gpt", "fat", "search",
               "search_fs_file", "normal", "configfile", "multiboot2",
               "boot") &&
           RUN(image, NULL, "grub-mkimage", "-O", "x86_64-efi", "-o",
               part(image, "bootx64.efi"), "-c", part(image, "early.cfg"), "-p",
               "/boot/grub", "part_gpt", "fat", "search", "search_fs_file",
               "normal", "configfile", "multiboot2", "boot");
}

/* Room for the files, the FAT and some more; whole MiB. */
static bool choose_size(struct image *image, const char *kernel)
{
    const char *files[] = {kernel, part(image, "archive"),
                           part(image, "bootx64.efi")};
    uint64_t bytes = 0;
    struct stat st;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (stat(files[i], &st) != 0)
            return fail(image, files[i]);
        bytes += (uint64_t)st.st_size;
    }
    bytes += bytes / 16 + 6 * MIB;
    image->sectors = (bytes + MIB - 1) / MIB * (MIB / SECTOR);
    return true;
}

static bool make_partitions(struct image *image)
{
    uint64_t esp = image->sectors - ESP_LBA - TAIL_SECTORS;
    int fd = open(image->disk, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0)
        return fail(image, image->disk);
    if (ftruncate(fd, (off_t)(image->sectors * SECTOR)) != 0) {
        close(fd);
        return fail(image, image->disk);
    }
    close(fd);
    return RUN(image,
               pool_format(&image->pool,
                           "label: gpt\nfirst-lba: %d\n"
                           "start=%d, size=%d, type=%s\n"
                           "start=%d, size=%llu, type=%s\n",
                           CORE_LBA, CORE_LBA, CORE_SECTORS, BIOS_GUID, ESP_LBA,
                           (unsigned long long)esp, ESP_GUID),
               "sfdisk", "-q", "--no-tell-kernel", "--no-reread", image->disk);
}

static bool fill_esp(struct image *image, const char *kernel)
{
    uint64_t esp = image->sectors - ESP_LBA - TAIL_SECTORS;
    const char *fat =
        pool_format(&image->pool, "%s@@%d", image->disk, ESP_LBA * SECTOR);
    const char *size =
        pool_format(&image->pool, "%llu", (unsigned long long)esp);

    /* mtools would refuse a FAT whose geometry is not a whole disk's. */
    setenv("MTOOLS_SKIP_CHECK", "1", 1);
    return RUN(image, NULL, "mformat", "-i", fat, "-T", size, "-h", "16", "-s",
               "32", "-v", "NUNCIO", "::") &&
           RUN(image, NULL, "mmd", "-i", fat, "::/EFI", "::/EFI/BOOT",
               "::/boot", "::/boot/grub") &&
           RUN(image, NULL, "mcopy", "-i", fat, part(image, "bootx64.efi"),
               "::/EFI/BOOT/BOOTX64.EFI") &&
           RUN(image, NULL, "mcopy", "-i", fat, kernel,
               "::/boot/nuncio-kernel") &&
           RUN(image, NULL, "mcopy", "-i", fat, part(image, "archive"),
               "::/boot/archive") &&
           RUN(image, NULL, "mcopy", "-i", fat, part(image, "grub.cfg"),
               "::/boot/grub/grub.cfg");
}

static bool read_whole(struct image *image, const char *path, struct text *data)
{
    char piece[SECTOR];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0)
        return fail(image, path);
    while ((got = read(fd, piece, sizeof(piece))) > 0)
        text_add(data, piece, (size_t)got);
    close(fd);
    return got == 0 || fail(image, path);
}

static void put_lba(char *at, uint64_t lba)
{
    for (int i = 0; i < 8; i++)
        at[i] = (char)(lba >> (8 * i));
}

/* GRUB for BIOS: boot.img's code in sector 0, core.img in its partition. */
static bool write_boot_code(struct image *image, struct text *boot,
                            struct text *core)
{
    int fd = open(image->disk, O_WRONLY | O_CLOEXEC);
    bool good;

    if (boot->bytes != SECTOR || core->bytes <= SECTOR ||
        core->bytes > CORE_SECTORS * SECTOR) {
        report_error(image->report, NULL, 0,
                     "GRUB's boot.img or core.img has no usable size");
        if (fd >= 0)
            close(fd);
        return false;
    }
    put_lba(boot->data + BOOT_CORE_LBA, CORE_LBA);
    put_lba(core->data + CORE_REST_LBA, CORE_LBA + 1);
    good = fd >= 0 && pwrite(fd, boot->data, MBR_CODE, 0) == MBR_CODE &&
           pwrite(fd, core->data, core->bytes, CORE_LBA * SECTOR) ==
               (ssize_t)core->bytes;
    if (!good)
        fail(image, image->disk);
    if (fd >= 0)
        close(fd);
    return good;
}

static bool add_boot_code(struct image *image)
{
    struct text boot = {0};
    struct text core = {0};
    bool good = read_whole(image, GRUB_BOOT_IMG, &boot) &&
                read_whole(image, part(image, "core.img"), &core) &&
                write_boot_code(image, &boot, &core);

    text_free(&boot);
    text_free(&core);
    return good;
}

/* The finished disk takes its name last: an output is whole or not there. */
static bool deliver(struct image *image)
{
    const char *output = image->options->output;
    const char *fresh = pool_format(&image->pool, "%s.part", output);
    bool good;

    if (image->options->image_format == DISK_QCOW2)
        good = RUN(image, NULL, "qemu-img", "convert", "-c", "-O", "qcow2",
                   image->disk, fresh);
    else
        good = RUN(image, NULL, "cp", "--sparse=always", image->disk, fresh);
    if (good && rename(fresh, output) != 0)
        good = fail(image, output);
    if (!good)
        (void)unlink(fresh);
    return good;
}

static bool make_image(struct image *image)
{
    const char *kernel =
        pool_format(&image->pool, "%s/nuncio-kernel", image->build_dir);

    return write_archive(image) && write_configs(image) && make_grub(image) &&
           choose_size(image, kernel) && make_partitions(image) &&
           fill_esp(image, kernel) && add_boot_code(image) && deliver(image);
}

static int make_in_directory(struct image *image)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = pool_format(&image->pool, "%s/nuncio-image.XXXXXX",
                            tmp != NULL ? tmp : "/tmp");
    bool good = false;

    image->dir = mkdtemp(dir);
    if (image->dir != NULL) {
        image->disk = part(image, "disk");
        good = make_image(image);
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
            (void)unlink(part(image, parts[i]));
        (void)rmdir(image->dir);
    } else {
        fail(image, dir);
    }
    return good ? 0 : STATUS_LAUNCHER;
}

/* Who starts a disk elsewhere starts one machine, and cannot give it the device
 * that joins it to others. */
static void refuse_domains(const struct system *sys, struct report *report)
{
    for (size_t i = 0; i < sys->service_count; i++) {
        const struct service *service = &sys->services[i];

        if (service->placement == PLACEMENT_DOMAIN &&
            strcmp(service->domain, sys->name) != 0)
            report_error(report, sys->file, service->line,
                         "service \"%s\" is in domain \"%s\", but a disk is "
                         "of one machine, and a cloud cannot join it to "
                         "others; place it inproc, kernel or process (--place "
                         "%s=process), or let `nuncio run` host the domains "
                         "in the cloud's machine",
                         service->name, service->domain, service->name);
    }
    for (size_t i = 0; i < sys->program_count; i++) {
        const struct program *program = &sys->programs[i];

        if (program->domain != NULL && strcmp(program->domain, sys->name) != 0)
            report_error(report, sys->file, program->line,
                         "program \"%s\" is in domain \"%s\", but a disk is "
                         "of one machine",
                         program->name, program->domain);
    }
}

int command_image(const struct options *options, struct report *report)
{
    struct image image = {.options = options, .report = report};
    struct system *sys = command_read_system(options, &image.build_dir, report);
    struct domains *domains = pool_alloc(&image.pool, sizeof(*domains));
    int status = STATUS_LAUNCHER;

    if (sys == NULL)
        return STATUS_LAUNCHER;
    refuse_domains(sys, report);
    if (report->errors == 0 && domains_split(sys, domains, report)) {
        image.sys = domains_main(domains)->part;
        status = make_in_directory(&image);
        domains_free(domains);
    }
    pool_free(&image.pool);
    system_free(sys);
    return status;
}
