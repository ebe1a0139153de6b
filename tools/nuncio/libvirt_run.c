#include "libvirt_run.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "libvirt_files.h"
#include "xml_plan.h"

static const char *const socket_names[] = {
    [CHANNEL_TERMINAL] = LIBVIRT_FILE_TERMINAL,
    [CHANNEL_LOG] = LIBVIRT_FILE_LOG,
    [CHANNEL_TRACE] = LIBVIRT_FILE_TRACE,
};

#define SOCKET_COUNT (sizeof(socket_names) / sizeof(socket_names[0]))

const char *libvirt_group(void)
{
    /* Debian's, and others'. */
    static const char *const names[] = {"libvirt-qemu", "qemu"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (geteuid() == 0 && getgrnam(names[i]) != NULL)
            return names[i];
    }
    return NULL;
}

bool libvirt_can_run(const struct qemu_plan *plan, struct report *report)
{
    unsigned before = report->errors;

    if (plan->more != NULL && plan->more->count != 0)
        report_error(report, NULL, 0, "--qemu-arg: not with --connect");
    if (plan->icount)
        report_error(report, NULL, 0, "--icount: not with --connect");
    return report->errors == before;
}

static const char *path_in(const struct libvirt_domain *domain,
                           struct pool *pool, const char *name)
{
    return pool_format(pool, "%s/%s", domain->directory, name);
}

/* libvirt's QEMU may be another user, who must get through to the sockets: a
 * path of root's own is none of root's runtime directory. */
static bool make_directory(struct libvirt_domain *domain, struct pool *pool,
                           struct report *report)
{
    const char *base = getenv("XDG_RUNTIME_DIR");
    char *path;

    if (geteuid() == 0)
        base = "/run";
    else if (base == NULL || base[0] != '/')
        base = "/tmp";
    path = pool_format(pool, "%s/nuncio-XXXXXX", base);
    if (mkdtemp(path) == NULL || chmod(path, 0711) != 0) {
        report_error(report, NULL, 0, "%s: %s", path, strerror(errno));
        return false;
    }
    domain->directory = path;
    return true;
}

static bool copy_archive(const char *from, const char *to,
                         struct report *report)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    ssize_t sent = -1;

    if (in >= 0 && out >= 0) {
        do
            sent = sendfile(out, in, NULL, 1 << 20);
        while (sent > 0);
    }
    if (sent != 0)
        report_error(report, NULL, 0, "boot archive: %s", strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return sent == 0;
}

static bool write_xml(const struct xml_domain *described, const char *path,
                      struct report *report)
{
    struct text text = {0};
    FILE *file;
    bool good = xml_write_domain(described, &text, report);

    if (good) {
        file = fopen(path, "wxe");
        good = file != NULL &&
               fwrite(text.data, 1, text.bytes, file) == text.bytes;
        good = file != NULL && fclose(file) == 0 && good;
        if (!good)
            report_error(report, NULL, 0, "%s: %s", path, strerror(errno));
    }
    text_free(&text);
    return good;
}

static const char *new_uuid(struct pool *pool)
{
    char *uuid = pool_alloc(pool, 64);
    FILE *file = fopen("/proc/sys/kernel/random/uuid", "re");

    if (file == NULL || fgets(uuid, 64, file) == NULL)
        uuid[0] = '\0';
    uuid[strcspn(uuid, "\n")] = '\0';
    if (file != NULL)
        (void)fclose(file);
    return uuid;
}

/* Is there a use for this channel? */
static bool is_joined(const struct qemu_plan *plan, size_t channel)
{
    return channel == CHANNEL_LOG ||
           (channel == CHANNEL_TERMINAL && plan->terminal != NULL) ||
           (channel == CHANNEL_TRACE && plan->trace != NULL);
}

static bool describe(const struct libvirt_domain *domain,
                     const struct qemu_plan *plan, struct report *report)
{
    struct pool *pool = &plan->sys->pool;
    struct xml_domain described;
    struct qemu_plan moved = *plan;
    struct xml_serial *ports[SOCKET_COUNT] = {
        [CHANNEL_TERMINAL] = &described.terminal,
        [CHANNEL_LOG] = &described.log,
        [CHANNEL_TRACE] = &described.trace,
    };

    moved.archive = path_in(domain, pool, LIBVIRT_FILE_ARCHIVE);
    if (!copy_archive(plan->archive, moved.archive, report) ||
        !xml_describe(&moved, &described, report))
        return false;
    described.name = domain->name;
    described.uuid = domain->uuid;
    described.title = "Nuncio";
    for (size_t i = 0; i < SOCKET_COUNT; i++) {
        if (!is_joined(plan, i))
            continue;
        ports[i]->kind = XML_SERIAL_SOCKET;
        ports[i]->path = path_in(domain, pool, socket_names[i]);
    }
    return write_xml(&described, path_in(domain, pool, LIBVIRT_FILE_XML),
                     report);
}

bool libvirt_prepare(struct libvirt_domain *domain,
                     const struct qemu_plan *plan,
                     const struct machine *machine, struct strings *argv,
                     struct report *report)
{
    struct pool *pool = &plan->sys->pool;

    if (domain->uuid == NULL)
        domain->uuid = new_uuid(pool);
    if (!libvirt_can_run(plan, report) || !make_directory(domain, pool, report))
        return false;
    if (!describe(domain, plan, report)) {
        libvirt_discard(domain);
        return false;
    }
    strings_format(pool, argv, "%s/%s", host_build_dir(pool), LIBVIRT_PROGRAM);
    strings_add(pool, argv, domain->uri);
    strings_add(pool, argv, domain->uuid);
    strings_add(pool, argv, domain->directory);
    for (size_t i = 0; i < SOCKET_COUNT; i++) {
        if (is_joined(plan, i))
            strings_format(pool, argv, "%s=%d", socket_names[i],
                           machine->theirs[i]);
    }
    return true;
}

void libvirt_discard(struct libvirt_domain *domain)
{
    if (domain->directory != NULL)
        libvirt_files_remove(domain->directory);
    domain->directory = NULL;
}
