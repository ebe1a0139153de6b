/* What a client domain that is a program asks of services: link_guest.h. */
#include <string.h>

#include <abi/error.h>
#include <contract/directory.h>
#include <contract/gate.h>

#include "link_guest.h"

/* A short string behind the fixed words, as stubs send it. */
static uint32_t begin_named(struct link_guest *lg, uint32_t object,
                            uint32_t method, const void *fixed,
                            uint32_t fixed_bytes, const char *text)
{
    uint64_t words[NU_WORDS_MAX] = {0};
    size_t bytes = strlen(text);
    uint32_t id;

    memcpy(words, fixed, fixed_bytes);
    memcpy(&words[NU_REG_WORDS], text, bytes);
    id = link_guest_begin(lg, 0, object, method, words,
                          (uint32_t)(NU_REG_WORDS + (bytes + 7) / 8) * 8u);
    lg->draft.head.tag |= NU_TAG_INLINE;
    return id;
}

int link_guest_gate(struct link_guest *lg, const char *name, uint32_t *object)
{
    struct gate_open_req req = {.name_bytes = (uint32_t)strlen(name)};
    int status =
        link_guest_call(lg, begin_named(lg, LINK_OBJECT_GATE, GATE_OPEN_METHOD,
                                        &req, sizeof(req), name));

    if (status == 0 && lg->view.handle_count != 1)
        return NU_PROTO;
    if (status == 0)
        *object = lg->view.handles[0].object;
    return status;
}

int link_guest_open(struct link_guest *lg, uint32_t directory, const char *path,
                    uint32_t *file, uint64_t *bytes)
{
    struct directory_open_req req = {.path_bytes = (uint32_t)strlen(path)};
    int status =
        link_guest_call(lg, begin_named(lg, directory, DIRECTORY_OPEN_METHOD,
                                        &req, sizeof(req), path));

    if (status == 0 && lg->view.handle_count != 1)
        return NU_PROTO;
    if (status == 0) {
        *file = lg->view.handles[0].object;
        *bytes = lg->view.words[0];
    }
    return status;
}

uint32_t link_guest_begin_read(struct link_guest *lg, uint32_t index,
                               uint32_t file, uint64_t offset, uint32_t frame,
                               uint32_t bytes)
{
    struct file_read_req req = {.offset = offset, .bytes = bytes};
    uint32_t id =
        link_guest_begin(lg, index, file, FILE_READ_METHOD, &req, sizeof(req));

    link_guest_add_rx(lg, frame, 0, bytes);
    return id;
}

uint32_t link_guest_was_read(struct link_guest *lg, uint32_t frame)
{
    struct file_read_rep rep;

    memcpy(&rep, lg->view.words, sizeof(rep));
    if (lg->view.head.tag & NU_TAG_INLINE)
        memcpy(guest_page(lg->guest, frame), &lg->view.words[NU_REG_WORDS],
               rep.data_bytes);
    else if (rep.data_bytes != 0 && (lg->view.head.rx_count == 0 ||
                                     lg->view.rx[0].bytes != rep.data_bytes))
        return 0;
    return rep.data_bytes;
}
