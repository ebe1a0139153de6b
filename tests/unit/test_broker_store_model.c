/*
 * The broker's store beside a naive one, by random requests of several domains:
 * same answers, same errors, same events. A transaction that succeeds must be
 * as if all of it had been asked at its end; one that nobody disturbed must
 * succeed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/broker_store_guest.h"

#define NODES   512u
#define PATH    64u
#define RUNS    40u
#define STEPS   600u
#define PENDING 32u
#define TOLD    256u

struct model_node {
    char path[PATH];
    char value[16];
    struct store_perms perms;
};
struct model {
    struct model_node nodes[NODES];
    unsigned count;
};
struct request {
    uint32_t type;
    char path[PATH];
    char value[16];
    char perms[2][8];
    int error;
    char answer[16];
};
/* The transaction of a domain; there is one at a time. */
struct pending {
    uint32_t id;
    struct request requests[PENDING];
    unsigned count;
    unsigned began; /* changes there were when it began */
    bool is_simple; /* the events of it can be said from the requests */
};

static struct model model;
static struct pending pending[GUESTS];
static char watched[GUESTS][3][PATH];
static char expected[GUESTS][TOLD][PATH * 2];
static unsigned expected_count[GUESTS];
static unsigned changes;
static uint64_t seed;

static unsigned pick(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % limit;
}

static struct model_node *find(const char *path)
{
    for (unsigned i = 0; i < model.count; i++) {
        if (strcmp(model.nodes[i].path, path) == 0)
            return &model.nodes[i];
    }
    return NULL;
}

static bool is_below(const char *path, const char *top)
{
    size_t bytes = strlen(top);

    return strncmp(path, top, bytes) == 0 && path[bytes] == '/';
}

static void expect(uint16_t domid, const char *path, const char *watch)
{
    char text[PATH * 2];

    snprintf(text, sizeof(text), "%s %s", path, watch);
    for (unsigned i = 0; i < expected_count[domid]; i++) {
        if (strcmp(expected[domid][i], text) == 0)
            return;
    }
    assert_true(expected_count[domid] < TOLD);
    strcpy(expected[domid][expected_count[domid]++], text);
}

static unsigned rights(const struct model_node *node, uint16_t domid)
{
    return node == NULL ? 0 : store_perms_of(&node->perms, domid);
}

static struct model_node *parent_of(const char *path)
{
    char parent[PATH];

    strcpy(parent, path);
    *strrchr(parent, '/') = '\0';
    return find(parent);
}

static void fire(const char *path, bool is_exact, const struct model_node *was)
{
    for (uint16_t d = 1; d < GUESTS; d++) {
        unsigned seen =
            rights(find(path), d) | rights(was, d) | rights(parent_of(path), d);

        if ((seen & STORE_READ) == 0)
            continue;
        for (unsigned i = 0; i < 3; i++) {
            if (watched[d][i][0] != '\0' &&
                (strcmp(watched[d][i], path) == 0 ||
                 (!is_exact && is_below(path, watched[d][i]))))
                expect(d, path, watched[d][i]);
        }
    }
}

/* The error for what may not be done, or is not there. */
static int refuse(uint16_t domid, const char *path, unsigned access)
{
    char above[PATH];
    struct model_node *node = find(path);

    if (node != NULL && (rights(node, domid) & access) == access)
        return 0;
    strcpy(above, path);
    do {
        *strrchr(above, '/') = '\0';
    } while (find(above) == NULL);
    if ((rights(find(above), domid) & access) == 0)
        return -EACCES;
    return node == NULL ? -ENOENT : -EACCES;
}

static struct model_node *make(uint16_t domid, const char *path)
{
    struct model_node *node = find(path);

    if (node != NULL)
        return node;
    char above[PATH];
    strcpy(above, path);
    *strrchr(above, '/') = '\0';
    struct store_perms perms = make(domid, above)->perms;
    assert_true(model.count < NODES);
    node = &model.nodes[model.count++];
    strcpy(node->path, path);
    node->value[0] = '\0';
    node->perms = perms;
    node->perms.entries[0].domid = domid;
    return node;
}

static void remove_all(const char *path)
{
    struct model_node was = *find(path);

    for (unsigned i = 0; i < model.count;) {
        struct model_node below = model.nodes[i];

        if (!is_below(below.path, path)) {
            i++;
            continue;
        }
        model.nodes[i] = model.nodes[--model.count];
        fire(below.path, true, &below);
    }
    struct model_node *node = find(path);
    *node = model.nodes[--model.count];
    fire(path, false, &was);
}

static int model_rm(uint16_t domid, const char *path)
{
    int error = refuse(domid, path, STORE_WRITE);

    if (error == -ENOENT)
        return parent_of(path) == NULL ? -ENOENT : 0;
    if (error == 0)
        remove_all(path);
    return error;
}

static int model_set_perms(uint16_t domid, const struct request *request)
{
    char text[16];
    size_t first = strlen(request->perms[0]) + 1;
    struct store_perms perms;
    int error = refuse(domid, request->path, STORE_WRITE | STORE_OWNER);

    if (error != 0)
        return error;
    strcpy(text, request->perms[0]);
    strcpy(text + first, request->perms[1]);
    store_perms_parse(text, first + strlen(request->perms[1]) + 1, &perms);
    struct model_node *node = find(request->path);
    struct model_node was = *node;
    if (perms.entries[0].domid != was.perms.entries[0].domid)
        return -EPERM;
    node->perms = perms;
    fire(request->path, false, &was);
    return 0;
}

/* What the naive store answers; a read's text goes to (text). */
static int model_ask(uint16_t domid, const struct request *request, char *text)
{
    const char *path = request->path;
    int error;

    switch (request->type) {
    case XS_READ:
        error = refuse(domid, path, STORE_READ);
        if (error == 0)
            strcpy(text, find(path)->value);
        return error;
    case XS_WRITE:
    case XS_MKDIR:
        error = refuse(domid, path, STORE_WRITE);
        if (error != 0 && error != -ENOENT)
            return error;
        if (request->type == XS_MKDIR && error == 0)
            return 0;
        make(domid, path);
        if (request->type == XS_WRITE)
            strcpy(find(path)->value, request->value);
        fire(path, false, NULL);
        return 0;
    case XS_RM:
        return model_rm(domid, path);
    default:
        return model_set_perms(domid, request);
    }
}

static void ask_real(uint16_t domid, uint32_t id, struct request *request)
{
    if (request->type == XS_WRITE)
        request->error = ask_write(domid, id, request->path, request->value);
    else if (request->type == XS_SET_PERMS)
        request->error = ask(domid, request->type, id, request->path,
                             request->perms[0], request->perms[1], NULL);
    else
        request->error = ask(domid, request->type, id, request->path, NULL);
    request->answer[0] = '\0';
    if (request->type == XS_READ && request->error == 0)
        strcpy(request->answer, answer);
}

static void check_against_model(uint16_t domid, const struct request *request)
{
    char text[16] = "";
    int error = model_ask(domid, request, text);

    if (error != request->error || strcmp(text, request->answer) != 0)
        fail_msg("domain %u, type %u of %s: %d %s, not %d %s", domid,
                 request->type, request->path, request->error, request->answer,
                 error, text);
    changes += error == 0 && request->type != XS_READ;
}

static struct request random_request(void)
{
    static const uint32_t types[] = {XS_READ,  XS_READ, XS_WRITE,    XS_WRITE,
                                     XS_MKDIR, XS_RM,   XS_SET_PERMS};
    struct request request = {.type = types[pick(7)]};
    unsigned owner = 1 + pick(3);
    int used = snprintf(request.path, PATH, "/local/domain/%u/data", owner);

    for (unsigned depth = pick(4); depth > 0; depth--)
        used += snprintf(request.path + used, PATH - (unsigned)used, "/%c",
                         'a' + pick(3));
    /* Homes stay, so that the test does not dry up. */
    if (request.type == XS_RM && strrchr(request.path, '/')[2] != '\0')
        request.type = XS_READ;
    snprintf(request.value, sizeof(request.value), "%u", pick(1000));
    snprintf(request.perms[0], 8, "%c%u", "nrwb"[pick(4)],
             pick(8) == 0 ? 1 + pick(3) : owner);
    snprintf(request.perms[1], 8, "%c%u", "nrwb"[pick(4)], 1 + pick(4));
    return request;
}

static void end_transaction(uint16_t domid)
{
    struct pending *t = &pending[domid];
    int error = ask(domid, XS_TRANSACTION_END, t->id, "T", NULL);
    bool was_disturbed = t->began != changes;

    t->id = 0;
    if (error == -EAGAIN) {
        assert_true(was_disturbed);
        return;
    }
    assert_int_equal(error, 0);
    for (unsigned i = 0; i < t->count; i++)
        check_against_model(domid, &t->requests[i]);
}

/* The events that came are those expected; of a transaction in which a right or
 * a node comes and goes, some may be missing. */
static void compare_events(bool may_be_fewer)
{
    for (uint16_t d = 1; d < GUESTS; d++) {
        unsigned came = 0;
        const char *event;

        while ((event = next_event(d)) != NULL) {
            bool is_expected = false;

            for (unsigned i = 0; i < expected_count[d]; i++)
                is_expected |= strcmp(expected[d][i], event) == 0;
            if (!is_expected)
                fail_msg("domain %u was told %s", d, event);
            came++;
        }
        if (!may_be_fewer && came != expected_count[d])
            fail_msg("domain %u: %u events, not %u, not even %s", d, came,
                     expected_count[d], expected[d][0]);
        expected_count[d] = 0;
    }
}

static void toggle_watch(uint16_t domid)
{
    struct request request = random_request();
    char *slot = watched[domid][pick(3)];

    if (slot[0] != '\0') {
        assert_int_equal(ask(domid, XS_UNWATCH, 0, slot, slot, NULL), 0);
        slot[0] = '\0';
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(watched[domid][i], request.path) == 0)
            return;
    }
    strcpy(slot, request.path);
    assert_int_equal(ask(domid, XS_WATCH, 0, slot, slot, NULL), 0);
    expect(domid, slot, slot);
}

static void step(void)
{
    uint16_t domid = (uint16_t)(1 + pick(3));
    struct pending *t = &pending[domid];
    unsigned what = pick(20);
    bool may_be_fewer = false;

    if (what == 0) {
        toggle_watch(domid);
    } else if (what == 1 && t->id == 0) {
        *t = (struct pending){
            .id = ask_transaction(domid), .began = changes, .is_simple = true};
    } else if (t->id != 0 && (what < 4 || t->count == PENDING)) {
        may_be_fewer = !t->is_simple;
        end_transaction(domid);
    } else if (t->id != 0 && what < 16) {
        struct request *request = &t->requests[t->count++];

        *request = random_request();
        t->is_simple &= request->type != XS_SET_PERMS && request->type != XS_RM;
        ask_real(domid, t->id, request);
        if (request->error == -EAGAIN)
            t->count--;
    } else {
        struct request request = random_request();

        ask_real(domid, 0, &request);
        check_against_model(domid, &request);
    }
    compare_events(may_be_fewer);
}

static void start(void)
{
    model.count = 0;
    memset(pending, 0, sizeof(pending));
    memset(watched, 0, sizeof(watched));
    guests_start(NULL);
    guests_pump();
    /* What random requests do not reach, but are told of. */
    for (uint16_t d = 1; d < 4; d++) {
        struct model_node *home = &model.nodes[model.count++];
        struct model_node *data = &model.nodes[model.count++];

        *home = (struct model_node){.perms = {1, {{0, STORE_READ}}}};
        snprintf(home->path, PATH, "/local/domain/%u", d);
        *data = (struct model_node){.perms = {1, {{d, 0}}}};
        snprintf(data->path, PATH, "/local/domain/%u/data", d);
    }
}

static void random_requests_are_answered_as_by_the_model(void **state)
{
    unsigned all = 0;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        seed = run + 1;
        start();
        for (unsigned i = 0; i < STEPS; i++)
            step();
        all += changes;
        guests_stop(NULL);
    }
    assert_true(all > RUNS * STEPS / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_requests_are_answered_as_by_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
