/*
 * Processes: an address space, threads, a table of handles, a purse. Built by
 * its creator, sealed, started; contracts/process.contract.
 *
 * Ownership: a running process needs no handle on it to go on. Ended, it has
 *            given back all but its struct, which stays while handles name it.
 */
#ifndef NUNCIO_PROC_PROCESS_H
#define NUNCIO_PROC_PROCESS_H

#include <ipc/handle.h>
#include <ipc/inbox.h>
#include <mm/space.h>

#define PROCESS_NAME_BYTES 32

/* The numbers of contracts/process.contract. */
enum process_phase {
    PROCESS_BUILDING = 0,
    PROCESS_SEALED = 1,
    PROCESS_RUNNING = 2,
    PROCESS_ENDED = 3,
};

struct process {
    struct object object;
    struct purse *purse; /* referenced; pays for everything of the process */
    struct space *space; /* referenced */
    struct handle_table handles;
    struct list_node threads;
    uint32_t thread_count;
    uint32_t state; /* enum process_phase */
    int32_t status; /* once ended */
    uint32_t id; /* never reused */
    uint32_t hooks; /* its threads have the same */
    uint64_t calls; /* of ended threads */
    uint64_t run_ns;
    uint64_t faults;
    uint64_t kernel_entry; /* of a kernel service; 0: a user process */
    struct notice fault_notice;
    struct notice exit_notice;
    char name[PROCESS_NAME_BYTES];
};

struct process_args {
    const char *name;
    size_t name_bytes;
    uint32_t slots;
    uint64_t kernel_entry; /* where a kernel service starts, or 0 */
    struct purse *purse;
    struct port *watcher; /* or NULL */
    uint64_t badge;
};

void process_init(void);
/* One reference, or NULL: purse empty. */
struct process *process_create(const struct process_args *args);
int process_start(struct process *process);
/* Frees all it has and tells its watcher. (current) may be one of its threads:
 * then sched_resume() must follow. */
void process_end(struct process *process, int32_t status);
/* A thread of it did what it must not: FAULT, then the end. */
void process_fault(struct process *process, uint64_t vector, uint64_t addr,
                   uint64_t ip, uint64_t error);
void process_set_hooks(struct process *process, uint32_t hooks);

/* The frame of the call page, mapped in every user process. */
void process_set_call_page(paddr_t frame);

#endif /* NUNCIO_PROC_PROCESS_H */
