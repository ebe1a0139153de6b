/* A guest's end of the store's rings. See wire.h. */
#include <errno.h>
#include <string.h>

#include "wire.h"

size_t wire_put(struct wire *wire, const void *data, size_t bytes)
{
    struct xenstore_domain_interface *page = wire->page;
    uint32_t to = page->req_prod;
    uint32_t full = to - __atomic_load_n(&page->req_cons, __ATOMIC_ACQUIRE);
    size_t count = 0;
    for (; count < bytes && full + count < XENSTORE_RING_SIZE; count++) {
        page->req[MASK_XENSTORE_IDX(to + (uint32_t)count)] =
            ((const char *)data)[count];
    }
    __atomic_store_n(&page->req_prod, to + (uint32_t)count, __ATOMIC_SEQ_CST);
    return count;
}

bool wire_has_more(const struct wire *wire)
{
    return __atomic_load_n(&wire->page->rsp_prod, __ATOMIC_ACQUIRE) !=
           wire->page->rsp_cons;
}

/* Takes up to (bytes). */
static uint32_t take(struct wire *wire, void *to, uint32_t bytes,
                     bool *made_room)
{
    struct xenstore_domain_interface *page = wire->page;
    uint32_t from = page->rsp_cons;
    uint32_t has = __atomic_load_n(&page->rsp_prod, __ATOMIC_ACQUIRE) - from;
    uint32_t count = 0;
    for (; count < bytes && count < has; count++) {
        ((char *)to)[count] = page->rsp[MASK_XENSTORE_IDX(from + count)];
    }
    *made_room |= count != 0 && has >= XENSTORE_RING_SIZE;
    __atomic_store_n(&page->rsp_cons, from + count, __ATOMIC_SEQ_CST);
    return count;
}

bool wire_take(struct wire *wire, bool *made_room)
{
    const uint32_t header_bytes = sizeof(wire->header);
    for (;;) {
        char *to = (char *)&wire->header + wire->taken;
        uint32_t want = header_bytes - wire->taken;
        if (wire->taken >= header_bytes) {
            if (wire->header.len > XENSTORE_PAYLOAD_MAX) {
                return false;
            }
            to = wire->payload + (wire->taken - header_bytes);
            want = header_bytes + wire->header.len - wire->taken;
            if (want == 0) {
                wire->payload[wire->header.len] = '\0';
                wire->taken = 0;
                return true;
            }
        }
        uint32_t count = take(wire, to, want, made_room);
        if (count == 0) {
            return false;
        }
        wire->taken += count;
    }
}

size_t wire_strings(char *to, size_t room, const char *const *strings)
{
    size_t used = 0;
    for (; *strings != NULL; strings++) {
        size_t bytes = strlen(*strings) + 1;
        if (bytes > room - used) {
            return 0;
        }
        memcpy(to + used, *strings, bytes);
        used += bytes;
    }
    return used;
}

int wire_error(const char *text)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (strcmp(xsd_errors[i].errstring, text) == 0) {
            return -xsd_errors[i].errnum;
        }
    }
    return -EPROTO;
}
