/*
 * nuncio-libvirt: stands in for QEMU where libvirt runs it. The launcher starts
 * one for each domain and treats it as it treats QEMU: the same descriptors,
 * the same signals; it ends when the domain does.
 *
 *   nuncio-libvirt URI UUID DIRECTORY [NAME=FD]...
 *
 * DIRECTORY has domain.xml, whose ports connect to the sockets NAME in it; each
 * is joined to the descriptor FD. An empty URI is libvirt's own choice. When the
 * launcher is gone, DIRECTORY is removed here.
 *
 * The domain never outlives this process: libvirt destroys it when the
 * connection goes (VIR_DOMAIN_START_AUTODESTROY), so even SIGKILL ends it. One
 * that is still there from an earlier life, by its UUID, is destroyed first.
 *
 * Status: 0 the domain ended, or was ended by a signal to us; 1 it could not be
 *         run, or libvirt went away; the reason is on standard error.
 * Spec:   libvirt's reference manual, libvirt-domain and libvirt-event.
 */
#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "libvirt_files.h"
#include "libvirt_pump.h"
#include "pool.h"

#define PUMPS_MAX      4
#define XML_BYTES_MAX  (1u << 20)
#define KEEPALIVE_S    5
#define KEEPALIVE_MISS 3
#define OLD_TRIES      200 /* of 100 ms, for an earlier life to go */

struct stand_in {
    const char *uuid;
    const char *directory;
    virConnectPtr connection;
    virDomainPtr domain;
    bool is_over; /* the domain is gone */
    bool is_cut; /* libvirt is */
    bool is_told; /* by a signal, to end */
    struct pump pumps[PUMPS_MAX];
    size_t pump_count;
    struct pool pool;
};

/* libvirt's own printing of errors; we print them ourselves, once. */
static void print_nothing(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
}

static bool fail(const char *what)
{
    const char *why = virGetLastErrorMessage();

    (void)fprintf(stderr, "libvirt: %s: %s\n", what, why);
    return false;
}

static bool fail_errno(const char *what)
{
    (void)fprintf(stderr, "libvirt: %s: %s\n", what, strerror(errno));
    return false;
}

static const char *path_in(struct stand_in *self, const char *name)
{
    return pool_format(&self->pool, "%s/%s", self->directory, name);
}

static char *read_xml(struct stand_in *self)
{
    const char *path = path_in(self, LIBVIRT_FILE_XML);
    FILE *file = fopen(path, "re");
    char *xml = pool_alloc(&self->pool, XML_BYTES_MAX);
    size_t bytes;

    if (file == NULL) {
        fail_errno(path);
        return NULL;
    }
    bytes = fread(xml, 1, XML_BYTES_MAX - 1, file);
    (void)fclose(file);
    return bytes != 0 ? xml : NULL;
}

static void take_signal(int watch, int fd, int events, void *opaque)
{
    struct stand_in *self = opaque;
    struct signalfd_siginfo info;

    (void)watch;
    (void)events;
    if (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        self->is_told = true;
}

static bool watch_signals(struct stand_in *self)
{
    sigset_t set;
    int fd;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return false;
    /* A killed launcher's domain still is destroyed in good order. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd >= 0 && virEventAddHandle(fd, VIR_EVENT_HANDLE_READABLE,
                                        take_signal, self, NULL) >= 0;
}

static void lose_libvirt(virConnectPtr connection, int reason, void *opaque)
{
    struct stand_in *self = opaque;

    (void)connection;
    (void)reason;
    self->is_cut = true;
}

static int see_event(virConnectPtr connection, virDomainPtr domain, int event,
                     int detail, void *opaque)
{
    struct stand_in *self = opaque;
    char uuid[VIR_UUID_STRING_BUFLEN];

    (void)connection;
    (void)detail;
    if (self->domain != NULL && event == VIR_DOMAIN_EVENT_STOPPED &&
        virDomainGetUUIDString(domain, uuid) == 0 &&
        strcmp(uuid, self->uuid) == 0)
        self->is_over = true;
    return 0;
}

static bool connect_libvirt(struct stand_in *self, const char *uri)
{
    self->connection = virConnectOpen(uri[0] != '\0' ? uri : NULL);
    if (self->connection == NULL)
        return fail(uri[0] != '\0' ? uri : "the default connection");
    if (virConnectRegisterCloseCallback(self->connection, lose_libvirt, self,
                                        NULL) != 0)
        return fail("close callback");
    /* Not every connection can (a driver in this process needs none). */
    (void)virConnectSetKeepAlive(self->connection, KEEPALIVE_S, KEEPALIVE_MISS);
    if (virConnectDomainEventRegisterAny(
            self->connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
            VIR_DOMAIN_EVENT_CALLBACK(see_event), self, NULL) < 0)
        return fail("events of domains");
    return true;
}

/* A hung QEMU takes its time to go even when it is killed. */
static bool end_earlier_life(struct stand_in *self)
{
    const struct timespec pause = {.tv_nsec = 100000000};

    for (int i = 0; i < OLD_TRIES; i++) {
        virDomainPtr old =
            virDomainLookupByUUIDString(self->connection, self->uuid);

        if (old == NULL)
            return true;
        (void)virDomainDestroy(old);
        virDomainFree(old);
        nanosleep(&pause, NULL);
    }
    (void)fprintf(stderr, "libvirt: an earlier life of domain %s stays\n",
                  self->uuid);
    return false;
}

static bool start_domain(struct stand_in *self)
{
    char *xml = read_xml(self);

    if (xml == NULL || !end_earlier_life(self))
        return false;
    self->domain =
        virDomainCreateXML(self->connection, xml, VIR_DOMAIN_START_AUTODESTROY);
    return self->domain != NULL || fail("the domain does not start");
}

/* "NAME=FD" */
static bool open_pump(struct stand_in *self, const char *word)
{
    const char *equals = strchr(word, '=');
    const char *path;
    int fd;

    if (equals == NULL || self->pump_count == PUMPS_MAX) {
        (void)fprintf(stderr, "libvirt: not NAME=FD: %s\n", word);
        return false;
    }
    path = path_in(self, pool_copy(&self->pool, word, (size_t)(equals - word)));
    fd = (int)strtol(equals + 1, NULL, 10);
    (void)unlink(path);
    if (!pump_open(&self->pumps[self->pump_count], path, fd))
        return fail_errno(path);
    self->pump_count++;
    return true;
}

static bool has_bytes_left(const struct stand_in *self)
{
    for (size_t i = 0; i < self->pump_count; i++) {
        if (!pump_is_dry(&self->pumps[i]))
            return true;
    }
    return false;
}

/* To the domain's end, and to the last byte it wrote. */
static bool run_to_end(struct stand_in *self)
{
    while (!self->is_told && !self->is_cut &&
           (!self->is_over || has_bytes_left(self))) {
        if (virEventRunDefaultImpl() != 0)
            return fail("event loop");
    }
    if (self->is_told && !self->is_over && virDomainDestroy(self->domain) != 0)
        (void)fail("the domain is not destroyed");
    if (!self->is_cut)
        return true;
    (void)fprintf(stderr, "libvirt: the connection broke\n");
    return false;
}

int main(int argc, char **argv)
{
    struct stand_in *self = must_realloc(NULL, sizeof(*self));
    pid_t launcher = getppid();
    bool good = argc >= 4;

    memset(self, 0, sizeof(*self));
    if (!good) {
        (void)fputs("usage: nuncio-libvirt URI UUID DIRECTORY [NAME=FD]...\n",
                    stderr);
        return 1;
    }
    self->uuid = argv[2];
    self->directory = argv[3];
    virSetErrorFunc(NULL, print_nothing);
    good = virEventRegisterDefaultImpl() == 0 && watch_signals(self);
    for (int i = 4; good && i < argc; i++)
        good = open_pump(self, argv[i]);
    good = good && connect_libvirt(self, argv[1]) && start_domain(self) &&
           run_to_end(self);
    for (size_t i = 0; i < self->pump_count; i++)
        pump_close(&self->pumps[i]);
    if (self->domain != NULL)
        virDomainFree(self->domain);
    if (self->connection != NULL)
        (void)virConnectClose(self->connection);
    if (getppid() != launcher)
        libvirt_files_remove(self->directory);
    pool_free(&self->pool);
    free(self);
    return good ? 0 : 1;
}
