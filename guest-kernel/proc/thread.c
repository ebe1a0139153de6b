/* Threads: proc/thread.h. */
#include <proc/thread.h>

#include <abi/error.h>
#include <arch_mmu.h>
#include <cpu.h>
#include <ipc/answer.h>
#include <ipc/carrier.h>
#include <ipc/reply.h>
#include <kassert.h>
#include <proc/process.h>
#include <proc/sched.h>

static uint32_t next_id = 1;

static void thread_destroy(struct object *object)
{
    purse_object_free(list_entry(object, struct thread, object));
}

void thread_init(void)
{
    object_set_destroy(OBJECT_THREAD, thread_destroy);
}

static void setup_registers(struct thread *thread, uint64_t entry,
                            uint64_t stack, uint64_t arg)
{
    bool kernel = thread_is_kernel(thread);

    thread->regs.rip = entry;
    thread->regs.rsp = stack;
    thread->regs.rdi = arg;
    thread->regs.rflags = CPU_FLAGS_IF | 2u;
    thread->regs.cs = kernel ? CPU_KERNEL_CS : CPU_USER_CS;
    thread->regs.ss = kernel ? CPU_KERNEL_SS : CPU_USER_SS;
}

/* Its buffer, and for a kernel service its stack. */
static int take_pages(struct thread *thread, struct process *process,
                      uint64_t buffer)
{
    int status;

    thread->buf_frame = purse_page_alloc(process->purse);
    if (thread->buf_frame == FRAME_NONE)
        return NU_NOMEM;
    thread->buf = phys_to_virt(thread->buf_frame);
    status = space_map_frame(process->space, thread->buf_frame, buffer,
                             PROT_READ | PROT_WRITE);
    if (status != 0)
        purse_page_free(process->purse, thread->buf_frame);
    return status;
}

struct thread *thread_create(struct process *process, uint64_t entry,
                             uint64_t stack, uint64_t arg, uint64_t buffer,
                             int *status)
{
    struct thread *thread;
    struct nu_msgbuf *buf;

    /* sysret must not be given an address that is not canonical. */
    if (process->kernel_entry == 0 &&
        (entry >= USER_END || stack > USER_END || buffer >= USER_END)) {
        *status = NU_RANGE;
        return NULL;
    }
    thread = purse_object_alloc(process->purse, sizeof(*thread));
    if (thread == NULL) {
        *status = NU_NOMEM;
        return NULL;
    }
    *status = take_pages(thread, process, buffer);
    if (*status != 0) {
        purse_object_free(thread);
        return NULL;
    }
    object_init(&thread->object, OBJECT_THREAD);
    thread->process = process;
    thread->root = process->kernel_entry != 0 ? 0 : process->space->root;
    thread->gs_base = buffer;
    thread->id = next_id++;
    thread->state = THREAD_NEW;
    thread->hooks = process->hooks;
    setup_registers(thread, entry, stack, arg);
    buf = thread->buf;
    buf->self = (struct nu_msgbuf *)(uintptr_t)buffer;
    buf->thread_id = thread->id;
    buf->hooks = thread->hooks;
    list_init(&thread->link);
    list_add_tail(&process->threads, &thread->in_process);
    process->thread_count++;
    object_get(&thread->object); /* the process's own reference */
    return thread;
}

/* Ends what it has with others: its client, its server, what it waits for. */
static void thread_detach(struct thread *thread)
{
    switch (thread->state) {
    case THREAD_SENDING:
    case THREAD_RECEIVING:
        list_del(&thread->link);
        break;
    case THREAD_SLEEPING:
        sched_unsleep(thread);
        break;
    case THREAD_REPLYING:
        if (thread->server != NULL)
            thread->server->client = NULL;
        if (thread->saved != NULL)
            thread->saved->client = NULL;
        if (thread->remote != NULL)
            carrier->abandon(thread);
        break;
    case THREAD_READY:
        if (thread != current)
            list_del(&thread->link);
        break;
    default:
        break;
    }
    if (thread->client != NULL) {
        struct thread *client = thread->client;

        thread->client = NULL;
        answer_fail(client, NU_GONE);
    }
}

void thread_end(struct thread *thread)
{
    struct process *process = thread->process;

    if (process == NULL)
        return;
    thread_detach(thread);
    thread->state = THREAD_ENDED;
    if (thread == current)
        current = NULL;
    process->calls += thread->calls;
    process->run_ns += thread->run_ns;
    list_del(&thread->in_process);
    process->thread_count--;
    /* The buffer's mapping goes with the space, or here while it lives on. */
    space_drop_frame(process->space, thread->gs_base);
    purse_page_free(process->purse, thread->buf_frame);
    thread->buf = NULL;
    thread->process = NULL;
    object_put(&thread->object);
}
