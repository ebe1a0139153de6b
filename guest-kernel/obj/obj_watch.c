/* Contracts `trace` and `log`. */
#include <obj/kobject.h>
#include <obj/objects.h>

#include <boot/klog.h>
#include <contract/log.h>
#include <contract/trace.h>
#include <trace/trace.h>

/* A handle on the recorder with MANAGE watches anyone it has a handle on. */
static int watched(struct nu_serve *call, nu_handle_t handle,
                   struct process **process)
{
    struct object *object;
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    if (status == 0)
        status = kcall_object(call, handle, OBJECT_PROCESS, NU_RIGHT_MANAGE,
                              &object);
    if (status == 0)
        *process = (struct process *)object;
    return status;
}

static int attach(struct process *process)
{
    int status;

    if (process->state == PROCESS_ENDED)
        return NU_GONE;
    status = trace_begin(process->id, process->name);
    if (status == 0)
        process_set_hooks(process, process->hooks | THREAD_HOOK_TRACE);
    return status;
}

static void detach(struct process *process)
{
    if (process->state != PROCESS_ENDED)
        process_set_hooks(process, process->hooks & ~THREAD_HOOK_TRACE);
}

static int trace_attach_serve(void *self, struct nu_serve *call,
                              nu_handle_t handle)
{
    struct process *process;
    int status = watched(call, handle, &process);

    (void)self;
    return status != 0 ? status : attach(process);
}

static int trace_detach_serve(void *self, struct nu_serve *call,
                              nu_handle_t handle)
{
    struct process *process;
    int status = watched(call, handle, &process);

    (void)self;
    if (status == 0)
        detach(process);
    return status;
}

static int trace_self_serve(void *self, struct nu_serve *call,
                            const struct trace_self_req *req)
{
    struct process *process = kcall_of(call)->caller->process;

    (void)self;
    if (req->on > 1)
        return NU_INVAL;
    if (req->on)
        return attach(process);
    detach(process);
    return 0;
}

/*
 * The records leave the ring now and are copied when the reply is sent, before
 * anything else can be recorded: only the caller's own reply record is, and it
 * goes behind the newest.
 */
static int trace_read_serve(void *self, struct nu_serve *call,
                            const struct trace_read_req *req,
                            struct trace_read_rep *rep)
{
    uint32_t count;
    struct trace_piece pieces[2];
    uint32_t bytes = req->bytes < 65536 ? req->bytes : 65536;
    int status = kcall_need(call, NU_RIGHT_READ);

    (void)self;
    (void)rep;
    if (status != 0)
        return status;
    count =
        trace_peek(pieces, bytes / (uint32_t)sizeof(struct nu_trace_record));
    for (int i = 0; i < 2; i++) {
        if (pieces[i].count != 0)
            status =
                nu_serve_bytes(call, pieces[i].records,
                               pieces[i].count * sizeof(*pieces[i].records));
    }
    trace_consume(count);
    return status;
}

static int trace_info_serve(void *self, struct nu_serve *call,
                            struct trace_info_rep *rep)
{
    struct trace_info info = trace_info();

    (void)self;
    (void)call;
    rep->recorded = info.recorded;
    rep->lost = info.lost;
    rep->capacity = info.capacity;
    return 0;
}

/* A process cannot forge a line of another's, nor a line of the kernel's. */
static int log_write_serve(void *self, struct nu_serve *call,
                           const struct log_write_req *req,
                           const struct nu_blob *text)
{
    const char *from = text->data;
    char line[401];
    size_t n = 0;

    (void)self;
    (void)req;
    for (size_t i = 0; i < text->bytes && n < sizeof(line) - 1; i++)
        line[n++] = (uint8_t)from[i] < ' ' || from[i] == 0x7f ? '?' : from[i];
    line[n] = '\0';
    kprintf("%s: %s\n", kcall_of(call)->caller->process->name, line);
    return 0;
}

static const struct trace_ops trace_ops = {
    .attach = trace_attach_serve,
    .detach = trace_detach_serve,
    .self = trace_self_serve,
    .read = trace_read_serve,
    .info = trace_info_serve,
};

static const struct log_ops log_ops = {.write = log_write_serve};

static uint64_t dispatch_trace(struct object *object, struct nu_serve *call)
{
    return trace_dispatch(&trace_ops, object, call);
}

static uint64_t dispatch_log(struct object *object, struct nu_serve *call)
{
    return log_dispatch(&log_ops, object, call);
}

void obj_watch_init(void)
{
    kobject_serve(OBJECT_TRACE, dispatch_trace);
    kobject_serve(OBJECT_LOG, dispatch_log);
}
