/* Contracts `process` and `thread`. */
#include <obj/kobject.h>
#include <obj/objects.h>

#include <contract/process.h>
#include <contract/thread.h>
#include <ipc/answer.h>
#include <proc/sched.h>

/* Whether the message comes from a thread of this very process. */
static bool is_own(const struct nu_serve *call, const struct process *process)
{
    return ((const struct kcall *)call)->caller->process == process;
}

static int process_space_serve(void *self, struct nu_serve *call)
{
    struct process *process = self;
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    if (status != 0)
        return status;
    if (process->state == PROCESS_ENDED)
        return NU_GONE;
    if (process->state != PROCESS_BUILDING && !is_own(call, process))
        return NU_SEALED;
    object_get(&process->space->object);
    return kcall_give(call, &process->space->object, NU_RIGHTS_ALL);
}

static int process_give_serve(void *self, struct nu_serve *call, nu_handle_t h,
                              struct process_give_rep *rep)
{
    struct process *process = self;
    struct handle_table *table = &kcall_of(call)->caller->process->handles;
    struct handle_slot *slot = handle_find(table, h);
    uint32_t rights;
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    if (status != 0)
        return status;
    if (process->state == PROCESS_ENDED)
        return NU_GONE;
    if (process->state != PROCESS_BUILDING)
        return NU_SEALED;
    if (slot == NULL)
        return NU_BADH;
    if (!(slot->rights & NU_RIGHT_TRANSFER))
        return NU_DENIED;
    if (process->handles.free_count == 0)
        return NU_NOSLOT;
    rights = slot->rights;
    rep->number =
        handle_put(&process->handles, handle_take(table, slot), rights);
    return 0;
}

static int
process_create_thread_serve(void *self, struct nu_serve *call,
                            const struct process_create_thread_req *req)
{
    struct process *process = self;
    uint64_t entry = req->entry;
    struct thread *thread;
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    if (status != 0)
        return status;
    if (process->state == PROCESS_ENDED)
        return NU_GONE;
    if (process->state != PROCESS_BUILDING && !is_own(call, process))
        return NU_SEALED;
    if (process->kernel_entry != 0) {
        if (process->thread_count != 0)
            return NU_EXIST;
        entry = process->kernel_entry;
    }
    thread = thread_create(process, entry, req->stack, req->arg, req->buffer,
                           &status);
    if (thread == NULL)
        return status;
    if (process->state == PROCESS_RUNNING)
        sched_ready(thread);
    return kcall_give(call, &thread->object, NU_RIGHTS_ALL);
}

static int process_seal_serve(void *self, struct nu_serve *call)
{
    struct process *process = self;
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    if (status != 0)
        return status;
    if (process->state != PROCESS_BUILDING)
        return process->state == PROCESS_ENDED ? NU_GONE : NU_SEALED;
    process->state = PROCESS_SEALED;
    process->space->sealed = true;
    return 0;
}

static int process_start_serve(void *self, struct nu_serve *call)
{
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    return status != 0 ? status : process_start(self);
}

static int process_end_serve(void *self, struct nu_serve *call,
                             const struct process_end_req *req)
{
    struct process *process = self;
    bool own = is_own(call, process);
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    if (status != 0)
        return status;
    process_end(process, req->status);
    return own ? NU_SERVE_PENDING : 0;
}

static int process_status_serve(void *self, struct nu_serve *call,
                                struct process_status_rep *rep)
{
    const struct process *process = self;
    const struct list_node *n = process->threads.next;

    (void)call;
    rep->state = process->state;
    rep->status = process->status;
    rep->id = process->id;
    rep->threads = process->thread_count;
    rep->calls = process->calls;
    rep->run_ns = process->run_ns;
    rep->faults = process->faults;
    for (; n != &process->threads; n = n->next) {
        const struct thread *t = list_entry(n, struct thread, in_process);

        rep->calls += t->calls;
        rep->run_ns += t->run_ns;
    }
    return 0;
}

static const struct process_ops process_ops = {
    .space = process_space_serve,
    .give = process_give_serve,
    .create_thread = process_create_thread_serve,
    .seal = process_seal_serve,
    .start = process_start_serve,
    .end = process_end_serve,
    .status = process_status_serve,
};

static struct thread *thread_of(void *self)
{
    return list_entry(self, struct thread, object);
}

static int thread_yield_serve(void *self, struct nu_serve *call)
{
    struct thread *thread = thread_of(self);

    if (thread != kcall_of(call)->caller)
        return NU_DENIED;
    answer_status(thread, 0);
    sched_rotate();
    return NU_SERVE_PENDING;
}

static int thread_end_serve(void *self, struct nu_serve *call)
{
    struct thread *thread = thread_of(self);
    struct process *process = thread->process;
    bool own = thread == kcall_of(call)->caller;
    int status = kcall_need(call, NU_RIGHT_MANAGE);

    if (status != 0)
        return status;
    if (process == NULL)
        return 0;
    own = own || (process->thread_count == 1 && is_own(call, process));
    thread_end(thread);
    if (process->thread_count == 0)
        process_end(process, 0);
    return own ? NU_SERVE_PENDING : 0;
}

/* FAULTED, which ends the process, is never seen; NEW looks like READY. */
static uint32_t state_number(const struct thread *thread)
{
    switch (thread->state) {
    case THREAD_NEW:
        return THREAD_STATE_READY;
    case THREAD_ENDED:
        return THREAD_STATE_ENDED;
    default:
        return thread->state;
    }
}

static int thread_info_serve(void *self, struct nu_serve *call,
                             struct thread_info_rep *rep)
{
    const struct thread *thread = thread_of(self);

    (void)call;
    rep->state = state_number(thread);
    rep->id = thread->id;
    rep->ip = thread->regs.rip;
    rep->sp = thread->regs.rsp;
    rep->flags = thread->regs.rflags;
    rep->run_ns = thread->run_ns;
    return 0;
}

static const struct thread_ops thread_ops = {
    .yield = thread_yield_serve,
    .end = thread_end_serve,
    .info = thread_info_serve,
};

static uint64_t dispatch_process(struct object *object, struct nu_serve *call)
{
    return process_dispatch(&process_ops, object, call);
}

static uint64_t dispatch_thread(struct object *object, struct nu_serve *call)
{
    return thread_dispatch(&thread_ops, object, call);
}

void obj_process_init(void)
{
    kobject_serve(OBJECT_PROCESS, dispatch_process);
    kobject_serve(OBJECT_THREAD, dispatch_thread);
}
