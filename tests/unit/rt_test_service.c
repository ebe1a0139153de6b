/* The service of rt_fake.h. */
#include "rt_fake.h"

#include <string.h>

#include <contract/directory.h>
#include <contract/file.h>
#include <rt/rt.h>

uint32_t test_files_open;
uint32_t test_files_closed;
uint32_t test_deferred;

static uint8_t contents[TEST_BYTES];
static struct svc_pending *waiting;
static struct file_read_req waiting_req;

static int give_bytes(struct nu_serve *call, const struct file_read_req *req)
{
    uint32_t at = (uint32_t)TEST_BYTES_READ(req->offset);
    uint32_t first = req->bytes / 3;

    /* In two pieces, as from two blocks of a cache. */
    if (first > 0 && nu_serve_bytes(call, contents + at, first) != 0) {
        return NU_NOSPC;
    }
    return req->bytes == 0 ? 0
                           : nu_serve_bytes(call, contents + at + first,
                                            req->bytes - first);
}

static int ask_other(void)
{
    char target[300];
    size_t bytes = 0;
    int status = directory_read_link(svc_handle("other"), "x", 1, target,
                                     sizeof(target), &bytes);

    return status != 0 || bytes == sizeof(target) ? status : NU_INTERNAL;
}

static int test_read(void *self, struct nu_serve *call,
                     const struct file_read_req *req, struct file_read_rep *rep)
{
    int status = 0;

    (void)self;
    (void)rep;
    switch (req->offset / 100000u * 100000u) {
    case TEST_ASK:
        status = ask_other();
        break;
    case TEST_DEFER:
        waiting_req = *req;
        waiting = svc_defer(call);
        test_deferred++;
        return waiting != NULL ? NU_SERVE_PENDING : NU_BUSY;
    case TEST_HOLD:
        nu_buffer()->hold();
        break;
    case TEST_DEFER_LIE:
        return NU_SERVE_PENDING;
    default:
        break;
    }
    return status != 0 ? status : give_bytes(call, req);
}

static int test_stat(void *self, struct nu_serve *call,
                     struct file_stat_rep *rep)
{
    (void)self;
    (void)call;
    rep->attributes.inode = 12;
    rep->attributes.kind = FILE_KIND_REGULAR;
    rep->attributes.modified_ns = 34;
    return 0;
}

static const struct file_ops file_ops = {
    .read = test_read,
    .stat = test_stat,
};

static uint64_t file_class_dispatch(struct svc_object *self,
                                    struct nu_serve *call)
{
    return file_dispatch(&file_ops, self, call);
}

static void file_closed(struct svc_object *self)
{
    test_files_closed++;
    svc_free(self);
}

static const struct svc_class file_class = {
    .name = "file",
    .dispatch = file_class_dispatch,
    .closed = file_closed,
    .word_method = FILE_SIZE_METHOD,
};

static int test_open(void *self, struct nu_serve *call,
                     const struct directory_open_req *req,
                     const struct nu_blob *path, struct directory_open_rep *rep)
{
    struct svc_object *file;

    (void)self;
    (void)req;
    if (path->bytes != 4 || memcmp(path->data, "file", 4) != 0) {
        return NU_NOENT;
    }
    file = svc_alloc(sizeof(*file));
    if (file == NULL) {
        return NU_NOMEM;
    }
    file->class = &file_class;
    file->word = TEST_BYTES;
    test_files_open++;
    rep->bytes = TEST_BYTES;
    return svc_give(call, file);
}

static const struct directory_ops directory_ops = {.open = test_open};

static uint64_t directory_class_dispatch(struct svc_object *self,
                                         struct nu_serve *call)
{
    return directory_dispatch(&directory_ops, self, call);
}

static const struct svc_class directory_class = {
    .name = "directory",
    .dispatch = directory_class_dispatch,
};

static void on_interrupt(void *arg, uint64_t count)
{
    struct file_read_rep rep = {0};
    struct nu_serve *call;

    (void)arg;
    (void)count;
    if (waiting == NULL) {
        return;
    }
    call = svc_resume(waiting);
    svc_finish(waiting,
               file_read_reply(call, give_bytes(call, &waiting_req), &rep));
    waiting = NULL;
}

static int test_start(struct svc_object **root)
{
    static struct svc_object directory;

    for (size_t i = 0; i < TEST_BYTES; i++) {
        contents[i] = TEST_BYTE(i);
    }
    directory = (struct svc_object){.class = &directory_class};
    waiting = NULL;
    *root = &directory;
    return svc_on_interrupt(svc_handle("interrupt"), on_interrupt, NULL);
}

const struct service svc_service = {.name = "test", .start = test_start};
