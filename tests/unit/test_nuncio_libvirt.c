/*
 * Bytes between launcher and domain, in libvirt's real event loop; the test is
 * both the launcher and the domain's QEMU.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <libvirt/libvirt.h>

#include "tools/nuncio/libvirt_files.h"
#include "tools/nuncio/libvirt_pump.h"

#define BIG   ((size_t)1 << 20)
#define TURNS 20000 /* of the loop, of 1 ms at most; then something is stuck */

static char directory[] = "/tmp/pump-XXXXXX";
static char path[sizeof(directory) + 16];
static char sent[BIG];
static char got[BIG];

struct scene {
    struct pump pump;
    int launcher; /* our ends, not blocking */
    int domain; /* -1: not connected */
};

static void tick(int timer, void *opaque)
{
    (void)timer;
    (void)opaque;
}

static int set_up_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < BIG; i++)
        sent[i] = (char)(i * 7919 >> 5);
    if (mkdtemp(directory) == NULL || virEventRegisterDefaultImpl() != 0)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/log", directory);
    return virEventAddTimeout(1, tick, NULL, NULL) >= 0 ? 0 : -1;
}

static int tear_down_group(void **state)
{
    (void)state;
    return rmdir(directory);
}

static void turn(void)
{
    assert_int_equal(virEventRunDefaultImpl(), 0);
}

static void open_scene(struct scene *scene)
{
    const int small = 1; /* the least there is: writes are partial */
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(
        setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
    assert_true(pump_open(&scene->pump, path, pair[1]));
    scene->launcher = pair[0];
    scene->domain = -1;
    assert_int_equal(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
}

static int connect_domain(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(address.sun_path, path, strlen(path));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void close_scene(struct scene *scene)
{
    pump_close(&scene->pump);
    if (scene->launcher >= 0)
        close(scene->launcher);
    if (scene->domain >= 0)
        close(scene->domain);
    (void)unlink(path);
}

/* Writes (bytes) of (sent) to (from) and reads them at (to), as it goes. */
static void carry(int from, int to, size_t bytes)
{
    size_t out = 0;
    size_t in = 0;

    for (int i = 0; i < TURNS && in < bytes; i++) {
        ssize_t done = send(from, sent + out, bytes - out, MSG_NOSIGNAL);

        if (done > 0)
            out += (size_t)done;
        turn();
        done = read(to, got + in, BIG - in);
        if (done > 0)
            in += (size_t)done;
    }
    assert_int_equal(in, bytes);
    assert_memory_equal(got, sent, bytes);
}

static void both_ways_arrive_whole_and_in_order(void **state)
{
    static struct scene scene;

    (void)state;
    open_scene(&scene);
    scene.domain = connect_domain();
    carry(scene.domain, scene.launcher, BIG);
    carry(scene.launcher, scene.domain, BIG);
    assert_false(pump_is_dry(&scene.pump));
    close_scene(&scene);
}

static void what_is_typed_before_the_domain_is_there_waits(void **state)
{
    static struct scene scene;
    size_t out = 0;
    size_t in = 0;

    (void)state;
    open_scene(&scene);
    /* More than the pump holds: the rest stays with the sender. */
    for (int i = 0; i < 200; i++) {
        ssize_t done = write(scene.launcher, sent + out, 4096);

        if (done > 0)
            out += (size_t)done;
        turn();
    }
    assert_in_range(out, PUMP_BYTES + 1, BIG - 1);
    scene.domain = connect_domain();
    for (int i = 0; i < TURNS && in < out; i++) {
        ssize_t done = read(scene.domain, got + in, BIG - in);

        if (done > 0)
            in += (size_t)done;
        turn();
    }
    assert_int_equal(in, out);
    assert_memory_equal(got, sent, out);
    close_scene(&scene);
}

static void last_words_arrive_though_nobody_reads_at_first(void **state)
{
    static struct scene scene;
    ssize_t out;
    size_t in = 0;

    (void)state;
    open_scene(&scene);
    scene.domain = connect_domain();
    turn();
    out = write(scene.domain, sent, BIG);
    assert_in_range(out, PUMP_BYTES + 1, BIG);
    close(scene.domain);
    scene.domain = -1;
    for (int i = 0; i < 50; i++)
        turn();
    for (int i = 0; i < TURNS && !pump_is_dry(&scene.pump); i++) {
        ssize_t done = read(scene.launcher, got + in, BIG - in);

        if (done > 0)
            in += (size_t)done;
        turn();
    }
    assert_true(pump_is_dry(&scene.pump));
    for (ssize_t done = 1; done > 0; in += done > 0 ? (size_t)done : 0)
        done = read(scene.launcher, got + in, BIG - in);
    assert_int_equal(in, (size_t)out);
    assert_memory_equal(got, sent, (size_t)out);
    close_scene(&scene);
}

static void domain_is_not_held_up_by_a_launcher_that_left(void **state)
{
    static struct scene scene;
    size_t out = 0;

    (void)state;
    open_scene(&scene);
    scene.domain = connect_domain();
    close(scene.launcher);
    scene.launcher = -1;
    for (int i = 0; i < TURNS && out < BIG; i++) {
        ssize_t done = send(scene.domain, sent + out, BIG - out, MSG_NOSIGNAL);

        if (done > 0)
            out += (size_t)done;
        turn();
    }
    assert_int_equal(out, BIG);
    close(scene.domain);
    scene.domain = -1;
    for (int i = 0; i < TURNS && !pump_is_dry(&scene.pump); i++)
        turn();
    assert_true(pump_is_dry(&scene.pump));
    close_scene(&scene);
}

static void nobody_is_let_in_beside_the_domain(void **state)
{
    static struct scene scene;

    (void)state;
    open_scene(&scene);
    scene.domain = connect_domain();
    for (int i = 0; i < 10; i++)
        turn();
    assert_int_equal(connect_domain(), -1);
    close_scene(&scene);
}

static void path_that_is_no_address_is_refused(void **state)
{
    static struct pump pump;
    char name[200];
    int fd = open("/dev/null", O_RDWR);

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[0] = '/';
    name[sizeof(name) - 1] = '\0';
    assert_false(pump_open(&pump, name, fd));
    assert_int_equal(errno, ENAMETOOLONG);
    assert_false(pump_open(&pump, "/no/such/directory/s", fd));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(close(fd), 0); /* it is still ours */
}

static void files_of_others_stay_in_the_directory(void **state)
{
    char ours[128];
    char theirs[128];
    char name[] = "/tmp/files-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(name));
    (void)snprintf(ours, sizeof(ours), "%s/%s", name, LIBVIRT_FILE_ARCHIVE);
    (void)snprintf(theirs, sizeof(theirs), "%s/theirs", name);
    close(open(ours, O_CREAT | O_WRONLY, 0600));
    close(open(theirs, O_CREAT | O_WRONLY, 0600));
    libvirt_files_remove(name);
    assert_int_equal(access(ours, F_OK), -1);
    assert_int_equal(access(theirs, F_OK), 0);
    assert_int_equal(unlink(theirs), 0);
    libvirt_files_remove(name);
    assert_int_equal(access(name, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_arrive_whole_and_in_order),
        cmocka_unit_test(what_is_typed_before_the_domain_is_there_waits),
        cmocka_unit_test(last_words_arrive_though_nobody_reads_at_first),
        cmocka_unit_test(domain_is_not_held_up_by_a_launcher_that_left),
        cmocka_unit_test(nobody_is_let_in_beside_the_domain),
        cmocka_unit_test(path_that_is_no_address_is_refused),
        cmocka_unit_test(files_of_others_stay_in_the_directory),
    };

    return cmocka_run_group_tests_name("nuncio_libvirt", tests, set_up_group,
                                       tear_down_group);
}
