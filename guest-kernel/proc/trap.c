/*
 * Traps: exceptions of threads become page finds or faults, interrupts become
 * events; both end by running whoever may run now.
 */
#include <trap.h>

#include <abi/error.h>
#include <boot/panic.h>
#include <cpu.h>
#include <event/event.h>
#include <proc/process.h>
#include <proc/sched.h>

/*
 * The kernel itself runs with interrupts off; the threads of kernel services,
 * at the same privilege level, with interrupts on.
 */
static bool is_from_thread(const struct trap_frame *frame)
{
    return current != NULL &&
           (trap_from_user(frame) || (frame->rflags & CPU_FLAGS_IF) != 0);
}

static uint32_t access_of(uint64_t error)
{
    if (error & TRAP_PF_FETCH)
        return PROT_EXEC;
    return error & TRAP_PF_WRITE ? PROT_WRITE : PROT_READ;
}

static void exception(const struct trap_frame *frame)
{
    uint64_t addr = frame->vector == TRAP_PAGE_FAULT ? cpu_cr2() : 0;

    if (frame->vector == TRAP_PAGE_FAULT && !(frame->error & TRAP_PF_PRESENT) &&
        space_touch(current->process->space, addr & ~PAGE_MASK,
                    access_of(frame->error)) == 0) {
        current->process->faults++;
        return;
    }
    process_fault(current->process, frame->vector, addr, frame->rip,
                  frame->error);
}

void trap_dispatch(struct trap_frame *frame)
{
    bool interrupt = frame->vector >= TRAP_FIRST_INTERRUPT;
    bool idle = current == NULL;

    if (idle)
        sched_idle_end();
    if (!interrupt && !is_from_thread(frame))
        panic_frame(frame, "%s in the kernel, address %lx",
                    trap_name(frame->vector), cpu_cr2());
    if (!idle)
        current->regs = *frame;
    if (interrupt)
        event_interrupt((uint32_t)frame->vector);
    else
        exception(frame);
    if (idle)
        return; /* to the loop in sched.c, which looks for work */
    object_reap();
    sched_resume();
}
