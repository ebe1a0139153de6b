/* The disk and the runtime of the tests of the service fs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <contract/block.h>
#include <tests/unit/fs_service_host.h>

static struct nu_msgbuf buffer;
struct svc_object *objects[OBJECTS_MAX];
struct image image;
const char *cache_option;
uint32_t give_fails;
uint32_t disk_busy;
uint32_t sectors_largest;

/* --- the disk --- */

static int disk_info(void *self, struct nu_serve *call,
                     struct block_info_rep *rep)
{
    rep->sectors = image.disk.sectors;
    rep->sector_bytes = 512;
    rep->bytes_max = BYTES_MAX;
    return 0;
}

static int disk_read(void *self, struct nu_serve *call,
                     const struct block_read_req *req,
                     struct block_read_rep *rep)
{
    static uint8_t data[BYTES_MAX];

    if (req->sectors > sectors_largest)
        sectors_largest = req->sectors;
    if (disk_busy > 0) {
        disk_busy--;
        return NU_BUSY;
    }
    if (req->sectors > BYTES_MAX / 512)
        return NU_RANGE;
    if (image.disk.read(&image, req->first, req->sectors, data) != 0)
        return NU_IO;
    return nu_serve_bytes(call, data, req->sectors * 512ul);
}

static const struct block_ops disk_ops = {.info = disk_info, .read = disk_read};

/* --- the runtime --- */

nu_handle_t svc_handle(const char *name)
{
    return strcmp(name, "block") == 0 ? DISK_HANDLE : NU_HANDLE_NONE;
}

const char *svc_option(const char *name)
{
    return strcmp(name, "cache") == 0 ? cache_option : NULL;
}

int svc_give(struct nu_serve *call, struct svc_object *object)
{
    if (give_fails != 0 && --give_fails == 0)
        return NU_NOSLOT;
    for (uint32_t i = ROOT_HANDLE + 1; i < OBJECTS_MAX; i++) {
        if (objects[i] == NULL) {
            objects[i] = object;
            return nu_serve_handle(call, i, NU_RIGHT_SEND, 0);
        }
    }
    return NU_NOSLOT;
}

void close_handle(nu_handle_t h)
{
    assert_non_null(objects[h]);
    if (objects[h]->class->closed != NULL)
        objects[h]->class->closed(objects[h]);
    objects[h] = NULL;
}

struct nu_msgbuf *nu_buffer(void)
{
    return &buffer;
}

static void deliver_string(struct nu_serve *s, struct nu_regs *r)
{
    uint8_t *to = (uint8_t *)(uintptr_t)buffer.rx[0].addr;
    uint64_t used = 0;

    for (uint32_t i = 0; i < s->out_count; i++) {
        assert_true(used + s->out[i].bytes <= buffer.rx[0].bytes);
        memcpy(to + used, s->out[i].data, s->out[i].bytes);
        used += s->out[i].bytes;
    }
    if (s->out_count > 0) {
        buffer.rx_bytes[0] = used;
        r->tag |= NU_SHAPE(0, 0, 1, 0);
    }
}

int nu_message(nu_handle_t handle, struct nu_regs *r)
{
    uint64_t words[NU_WORDS_MAX];
    struct nu_serve s = {.tag = r->tag & ~NU_OP_MASK, .words = words};
    struct nu_string_item rx = buffer.rx[0];
    uint32_t rx_count = buffer.rx_count;
    uint64_t tag;

    memcpy(words, buffer.words, sizeof(words));
    memcpy(words, &r->w0, 32);
    if (nu_tag_strings(s.tag) != 0) {
        s.string_count = 1;
        s.strings[0].data = (const void *)(uintptr_t)buffer.strings[0].addr;
        s.strings[0].bytes = buffer.strings[0].bytes;
    }
    buffer.rx_count = 0;
    if (handle == DISK_HANDLE)
        tag = block_dispatch(&disk_ops, NULL, &s);
    else if (handle < OBJECTS_MAX && objects[handle] != NULL)
        tag = objects[handle]->class->dispatch(objects[handle], &s);
    else
        return NU_BADH;
    buffer.rx[0] = rx;
    buffer.rx_count = rx_count;
    memset(buffer.words, 0xa5, sizeof(buffer.words));
    memcpy(buffer.words, words, sizeof(words));
    memcpy(&r->w0, words, 32);
    r->tag = tag | (uint64_t)s.out_handle_count << NU_TAG_HANDLES_SHIFT;
    for (uint32_t i = 0; i < s.out_handle_count; i++)
        buffer.handles[i] = s.out_handles[i];
    if (nu_tag_status(tag) == 0)
        deliver_string(&s, r);
    return nu_tag_status(tag);
}
