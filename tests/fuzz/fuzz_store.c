/*
 * The service `store` between clients and a server that puts anything into its
 * rings. Oracle: no trap; nobody is answered twice (store_host.c aborts); when
 * the server is found out everybody has an answer, and nothing is left behind.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <contract/store.h>
#include <contract/watch.h>
#include <unit/store_host.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CALLS 12u

static struct host_call calls[CALLS];
static bool is_used[CALLS];
static struct svc_object *watches[HOST_SIGNALS];
static uint32_t signals;

static const uint8_t *input;
static size_t left;

static uint8_t byte(void)
{
    if (left == 0) {
        return 0;
    }
    left--;
    return *input++;
}

static void must(bool good)
{
    if (!good) {
        abort();
    }
}

/* A call whose answer has come is free again; what it brought is kept. */
static void collect(void)
{
    for (uint32_t i = 0; i < CALLS; i++) {
        if (!is_used[i] || !calls[i].is_done) {
            continue;
        }
        is_used[i] = false;
        for (uint32_t k = 0; calls[i].object != NULL && k < HOST_SIGNALS; k++) {
            if (watches[k] == NULL) {
                watches[k] = calls[i].object;
                break;
            }
        }
    }
}

static struct host_call *free_call(void)
{
    for (uint32_t i = 0; i < CALLS; i++) {
        if (!is_used[i]) {
            is_used[i] = true;
            return &calls[i];
        }
    }
    return NULL;
}

static void client(uint8_t what)
{
    static const uint8_t value[2048];
    struct host_call *call = free_call();
    struct svc_object *watch = watches[what / 8 % HOST_SIGNALS];

    must(call != NULL);
    switch (what % 6) {
    case 0:
        host_call(host.root, call, STORE_READ_METHOD, "/a", NULL, 0, 0);
        break;
    case 1:
        host_call(host.root, call, STORE_WRITE_METHOD, "b/c", value, what * 8u,
                  0);
        break;
    case 2:
        if (signals < HOST_SIGNALS) {
            host_call(host.root, call, STORE_WATCH_METHOD, "/w", NULL, 0,
                      HOST_SIGNAL + signals++);
        } else {
            host_call(host.root, call, STORE_HOME_METHOD, NULL, NULL, 0, 0);
        }
        break;
    case 3:
        host_call(host.root, call, STORE_LIST_METHOD, "/", NULL, 0, 0);
        break;
    default:
        if (watch == NULL) {
            call->is_done = true;
            call->object = NULL;
        } else {
            host_call(watch, call, WATCH_NEXT_METHOD, NULL, NULL, 0, 0);
        }
        break;
    }
    collect();
}

static void close_watch(uint8_t which)
{
    struct svc_object *watch = watches[which % HOST_SIGNALS];

    if (watch != NULL) {
        watches[which % HOST_SIGNALS] = NULL;
        host_close(watch);
    }
}

/* A message of the right form: an answer to the oldest request, or not. */
static void answer(uint8_t what)
{
    static char payload[4096];
    static struct xsd_sockmsg head;
    uint8_t bytes = byte();

    if ((what & 1) && !server_take(&head, payload)) {
        head.req_id = byte();
    }
    for (uint32_t i = 0; i < bytes; i++) {
        payload[i] = (char)byte();
    }
    server_send(what & 2 ? byte() : head.type, head.req_id, payload, bytes);
}

static void tell(uint8_t token)
{
    char event[] = "/w/x\0"
                   "00000000";

    event[12] = (char)("0123456789abcdef"[token % 16]);
    event[3] = (char)('a' + token / 16);
    server_send(XS_WATCH_EVENT, 0, event, sizeof(event));
}

static void raw(uint8_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        uint8_t b = byte();

        server_put(&b, 1);
    }
}

static void step(void)
{
    uint8_t what = byte();

    switch (what % 8) {
    case 0:
    case 1:
        client(byte());
        break;
    case 2:
        close_watch(byte());
        break;
    case 3:
        answer(byte());
        break;
    case 4:
        tell(byte());
        break;
    case 5:
        raw(byte());
        break;
    case 6:
        if (what > 250) {
            host.page.req_cons += byte();
        } else if (what > 240) {
            host.page.rsp_prod += byte() * 16u;
        }
        break;
    default:
        host_event();
        break;
    }
    collect();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = data;
    left = size;
    signals = 0;
    memset(is_used, 0, sizeof(is_used));
    memset(watches, 0, sizeof(watches));
    host_begin(0xfffffff0u);
    while (left > 0) {
        step();
    }
    must(host_end());
    for (uint32_t i = 0; i < CALLS; i++) {
        must(!is_used[i] || calls[i].is_done);
    }
    return 0;
}
