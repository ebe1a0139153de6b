#include "boot_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"

struct writer {
    struct archive *archive;
    struct report *report;
    struct pool *pool;
    const char *build_dir;
    struct strings names; /* of the images that are in */
};

static void add_entry(struct writer *writer, const char *name, const void *data,
                      size_t bytes)
{
    struct archive_entry *entry = archive_entry_new();
    bool good = false;

    if (entry != NULL) {
        archive_entry_set_pathname(entry, name);
        archive_entry_set_size(entry, (la_int64_t)bytes);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0444);
        archive_entry_set_mtime(entry, 0, 0);
        good = archive_write_header(writer->archive, entry) == ARCHIVE_OK &&
               archive_write_data(writer->archive, data, bytes) ==
                   (la_ssize_t)bytes;
        archive_entry_free(entry);
    }
    if (!good)
        report_error(writer->report, NULL, 0, "boot archive: %s: %s", name,
                     archive_error_string(writer->archive));
}

/* Reads the whole of (path); false when it cannot. */
static bool read_file(const char *path, struct text *data)
{
    static char piece[65536];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0)
        return false;
    while ((got = read(fd, piece, sizeof(piece))) > 0)
        text_add(data, piece, (size_t)got);
    close(fd);
    return got == 0;
}

static void add_file(struct writer *writer, const char *name, const char *path)
{
    struct text data = {0};

    if (read_file(path, &data))
        add_entry(writer, name, text_string(&data), data.bytes);
    else
        report_error(writer->report, NULL, 0, "%s: %s (is it built?)", path,
                     strerror(errno));
    text_free(&data);
}

static void add_image(struct writer *writer, const char *image)
{
    for (size_t i = 0; i < writer->names.count; i++) {
        if (strcmp(writer->names.items[i], image) == 0)
            return;
    }
    strings_add(writer->pool, &writer->names, image);
    add_file(
        writer, pool_format(writer->pool, "image/%s", image),
        pool_format(writer->pool, "%s/image/%s", writer->build_dir, image));
}

static void add_all(struct writer *writer, struct system *sys)
{
    struct text manifest = {0};

    add_file(writer, "init",
             pool_format(writer->pool, "%s/image/init", writer->build_dir));
    manifest_write(sys, &manifest);
    add_entry(writer, "manifest", text_string(&manifest), manifest.bytes);
    text_free(&manifest);
    for (size_t i = 0; i < sys->service_count; i++) {
        if (sys->services[i].placement != PLACEMENT_KERNEL)
            add_image(writer, sys->services[i].image);
    }
    for (size_t i = 0; i < sys->program_count; i++)
        add_image(writer, sys->programs[i].image);
}

bool archive_write_system(struct system *sys, const char *build_dir, int fd,
                          struct report *report)
{
    struct archive *archive = archive_write_new();
    struct writer writer = {.archive = archive,
                            .report = report,
                            .pool = &sys->pool,
                            .build_dir = build_dir};
    unsigned before = report->errors;

    if (archive == NULL) {
        report_error(report, NULL, 0, "boot archive: out of memory");
        return false;
    }
    if (archive_write_set_format_cpio_newc(archive) == ARCHIVE_OK &&
        archive_write_set_bytes_in_last_block(archive, 4) == ARCHIVE_OK &&
        archive_write_open_fd(archive, fd) == ARCHIVE_OK)
        add_all(&writer, sys);
    else
        report_error(report, NULL, 0, "boot archive: %s",
                     archive_error_string(archive));
    if (archive_write_close(archive) != ARCHIVE_OK && report->errors == before)
        report_error(report, NULL, 0, "boot archive: %s",
                     archive_error_string(archive));
    archive_write_free(archive);
    return report->errors == before;
}
