/* Processes: proc/process.h. */
#include <proc/process.h>

#include <abi/callpage.h>
#include <abi/error.h>
#include <abi/message.h>
#include <arch_mmu.h>
#include <boot/klog.h>
#include <kassert.h>
#include <nlib/string.h>
#include <proc/sched.h>
#include <proc/thread.h>
#include <trap.h>

static paddr_t call_page;
static uint32_t next_id = 1;

/* Only ended or never started processes get here: a running one holds itself. */
static void process_destroy(struct object *object)
{
    struct process *process = (struct process *)object;
    struct purse *purse = process->purse;

    if (process->state != PROCESS_ENDED) {
        /* Ending touches references; the object must not look dead again. */
        object_get(object);
        process_end(process, NU_GONE);
        object_put(object);
        return;
    }
    notice_unbind(&process->fault_notice);
    notice_unbind(&process->exit_notice);
    purse_object_free(process);
    object_put(&purse->object);
}

void process_init(void)
{
    object_set_destroy(OBJECT_PROCESS, process_destroy);
}

void process_set_call_page(paddr_t frame)
{
    call_page = frame;
}

static bool make_space(struct process *process)
{
    if (process->kernel_entry != 0) {
        process->space = space_create_kernel(process->purse);
        return process->space != NULL;
    }
    process->space = space_create(process->purse);
    if (process->space == NULL)
        return false;
    if (space_map_frame(process->space, call_page, NU_CALL_PAGE,
                        PROT_READ | PROT_EXEC) == 0)
        return true;
    object_put(&process->space->object);
    return false;
}

/* The name goes into the log: no line breaks, nothing that is not text. */
static void set_name(struct process *process, const char *name, size_t bytes)
{
    for (size_t i = 0; i < bytes && i < PROCESS_NAME_BYTES - 1; i++)
        process->name[i] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '?';
}

struct process *process_create(const struct process_args *args)
{
    struct process *process = purse_object_alloc(args->purse, sizeof(*process));

    if (process == NULL)
        return NULL;
    object_init(&process->object, OBJECT_PROCESS);
    process->purse = args->purse;
    process->kernel_entry = args->kernel_entry;
    set_name(process, args->name, args->name_bytes);
    list_init(&process->threads);
    if (!handle_table_create(&process->handles, args->purse, args->slots)) {
        purse_object_free(process);
        return NULL;
    }
    if (!make_space(process)) {
        handle_table_destroy(&process->handles, args->purse);
        purse_object_free(process);
        return NULL;
    }
    object_get(&args->purse->object);
    process->id = next_id++;
    if (args->watcher != NULL) {
        notice_bind(&process->fault_notice, NU_EVENT_FAULT, args->watcher,
                    args->badge);
        notice_bind(&process->exit_notice, NU_EVENT_EXIT, args->watcher,
                    args->badge);
    }
    return process;
}

int process_start(struct process *process)
{
    struct list_node *n = process->threads.next;

    if (process->state == PROCESS_ENDED)
        return NU_GONE;
    if (process->state != PROCESS_SEALED || process->thread_count == 0)
        return NU_INVAL;
    process->state = PROCESS_RUNNING;
    object_get(&process->object); /* running, it holds itself */
    for (; n != &process->threads; n = n->next)
        sched_ready(list_entry(n, struct thread, in_process));
    return 0;
}

void process_end(struct process *process, int32_t status)
{
    bool was_running = process->state == PROCESS_RUNNING;

    if (process->state == PROCESS_ENDED)
        return;
    process->state = PROCESS_ENDED;
    process->status = status;
    while (!list_is_empty(&process->threads))
        thread_end(
            list_entry(process->threads.next, struct thread, in_process));
    handle_table_destroy(&process->handles, process->purse);
    space_clear(process->space);
    object_put(&process->space->object);
    process->space = NULL;
    process->exit_notice.words[0] = (uint64_t)(int64_t)status;
    notice_post(&process->exit_notice);
    if (was_running)
        object_put(&process->object);
}

void process_fault(struct process *process, uint64_t vector, uint64_t addr,
                   uint64_t ip, uint64_t error)
{
    klog(KLOG_WARN, "%s: %s at %lx, address %lx, error %lx", process->name,
         trap_name(vector), ip, addr, error);
    process->faults++;
    process->fault_notice.words[0] = vector;
    process->fault_notice.words[1] = addr;
    process->fault_notice.words[2] = ip;
    process->fault_notice.words[3] = error;
    notice_post(&process->fault_notice);
    process_end(process, 128 + (int32_t)vector);
}

void process_set_hooks(struct process *process, uint32_t hooks)
{
    struct list_node *n = process->threads.next;

    process->hooks = hooks;
    for (; n != &process->threads; n = n->next) {
        struct thread *thread = list_entry(n, struct thread, in_process);

        thread->hooks = hooks | (thread->hooks & THREAD_HOOK_AGENT);
        thread->buf->hooks = hooks;
    }
}
