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

#include "tests/unit/broker_store_model.h"

#define RUNS    40u
#define STEPS   600u
#define PENDING 32u

/* The transaction of a domain; there is one at a time. */
struct pending {
    uint32_t id;
    struct model_request requests[PENDING];
    unsigned count;
    unsigned began; /* changes there were when it began */
    bool is_simple; /* the events of it can be said from the requests */
};

static struct pending pending[GUESTS];
static unsigned changes;
static uint64_t seed;

static unsigned pick(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % limit;
}

static void ask_real(uint16_t domid, uint32_t id, struct model_request *request)
{
    if (request->type == XS_WRITE)
        request->error = ask_write(domid, id, request->path, request->value);
    else if (request->type == XS_SET_PERMS)
        request->error = ask(domid, request->type, id, request->path,
                             request->perms[0], request->perms[1]);
    else
        request->error = ask(domid, request->type, id, request->path);
    request->answer[0] = '\0';
    if (request->type == XS_READ && request->error == 0)
        memcpy(request->answer, answer, sizeof(request->answer) - 1);
}

static void check_against_model(uint16_t domid,
                                const struct model_request *request)
{
    char text[MODEL_VALUE] = "";
    int error = model_ask(domid, request, text);

    if (error != request->error || strcmp(text, request->answer) != 0)
        fail_msg("domain %u, type %u of %s: %d %s, not %d %s", domid,
                 request->type, request->path, request->error, request->answer,
                 error, text);
    changes += error == 0 && request->type != XS_READ;
}

static struct model_request random_request(void)
{
    static const uint32_t types[] = {XS_READ,  XS_READ, XS_WRITE,    XS_WRITE,
                                     XS_MKDIR, XS_RM,   XS_SET_PERMS};
    struct model_request request = {.type = types[pick(7)]};
    unsigned owner = 1 + pick(3);
    int used =
        snprintf(request.path, MODEL_PATH, "/local/domain/%u/data", owner);

    for (unsigned depth = pick(4); depth > 0; depth--)
        used += snprintf(request.path + used, MODEL_PATH - (unsigned)used,
                         "/%c", 'a' + pick(3));
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
    int error = ask(domid, XS_TRANSACTION_END, t->id, "T");
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
    struct model_request request = random_request();
    char *slot = watched[domid][pick(3)];

    if (slot[0] != '\0') {
        assert_int_equal(ask(domid, XS_UNWATCH, 0, slot, slot), 0);
        slot[0] = '\0';
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(watched[domid][i], request.path) == 0)
            return;
    }
    memcpy(slot, request.path, MODEL_PATH);
    assert_int_equal(ask(domid, XS_WATCH, 0, slot, slot), 0);
    model_expect(domid, slot, slot);
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
        struct model_request *request = &t->requests[t->count++];

        *request = random_request();
        t->is_simple &= request->type != XS_SET_PERMS && request->type != XS_RM;
        ask_real(domid, t->id, request);
        if (request->error == -EAGAIN)
            t->count--;
    } else {
        struct model_request request = random_request();

        ask_real(domid, 0, &request);
        check_against_model(domid, &request);
    }
    compare_events(may_be_fewer);
}

static void start(void)
{
    memset(pending, 0, sizeof(pending));
    guests_start(NULL);
    guests_pump();
    model_reset();
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
