/*
 * Hypercalls that the broker does: batches through queue 1's block.
 *
 * A hypercall is synchronous. It spins for a while that adapts to how long
 * answers take, then halts. Interrupts that come while it halts only set their
 * bits: no event function runs and the kernel is not re-entered, though we may
 * be deep in it, on the trap stack even. They are delivered when interrupts are
 * next on, by an interrupt to ourselves.
 */
#include <hv/kvm/kvm_internal.h>

#include <cpu.h>
#include <nlib/string.h>

#define NS_PER_US 1000ull
#define NS_PER_S  1000000000ull

/* Spinning: at most this long if the command line does not say, and where each
 * growth begins. An emulated processor that spins keeps the emulator's other
 * threads, and the broker, from theirs. */
#define POLL_US_HARDWARE 100u
#define POLL_US_EMULATED 20u
#define POLL_US_FIRST    10u

#define WORD_AFTER_S 5u /* a broker silent for so long is worth a line */

static void (*take_interrupt)(uint32_t vector);
static bool was_interrupted;
static uint64_t halted_at; /* TSC when we halted; 0: not halted */

struct kvm_batch kvm_batch;
static uint32_t request; /* number of the last batch given to the broker */

/* In ticks of the TSC. */
static uint64_t poll_now;
static uint64_t poll_first;
static uint64_t poll_max;

void kvm_mailbox_init(void (*take)(uint32_t vector))
{
    take_interrupt = take;
    /* Numbers of a life before a reset mean nothing. */
    kvm_mailbox.box.request = 0;
    kvm_mailbox.box.done = 0;
    kvm_mailbox.box.want_call = 0;
    kvm_mailbox.box.polling = 0;
    kvm_batch.is_open = false;
    kvm_batch.added = 0;
    kvm_batch.run_count = 0;
}

void kvm_mailbox_open(void)
{
    uint32_t us = kvm_is_emulated() ? POLL_US_EMULATED : POLL_US_HARDWARE;

    if (kvm_options.has_poll) {
        us = kvm_options.poll_us;
    }
    poll_max = us == 0 ? 0 : kvm_ticks(us * NS_PER_US);
    poll_first = kvm_ticks(POLL_US_FIRST * NS_PER_US);
    poll_now = 0;
    request = 0;
    kvm_batch.added = 0;
    kvm_batch.run_count = 0;
    kvm_batch.is_open = true;
}

void kvm_mailbox_close(void)
{
    kvm_batch.is_open = false;
    kvm_batch.added = 0;
    kvm_batch.run_count = 0;
}

static bool is_done(void)
{
    return __atomic_load_n(&kvm_mailbox.box.done, __ATOMIC_ACQUIRE) == request;
}

/* An answer that takes longer than we would ever spin for teaches to spin less,
 * one that a longer spin would have caught to spin more. */
static void learn(uint64_t took)
{
    if (took <= poll_now) {
        return;
    }
    if (took > poll_max) {
        poll_now = poll_now / 2 < poll_first ? 0 : poll_now / 2;
        return;
    }
    poll_now = poll_now == 0 ? poll_first : poll_now * 2;
    if (poll_now > poll_max) {
        poll_now = poll_max;
    }
}

static bool spin(uint64_t begin)
{
    while (!is_done()) {
        if (cpu_tsc() - begin >= poll_now) {
            return false;
        }
        cpu_pause();
    }
    return true;
}

/* From here on instructions are run that have to do with the answer. */
static void halt_ended(void)
{
    if (halted_at != 0) {
        kvm_counts.wait_ticks += cpu_tsc() - halted_at;
    }
    halted_at = 0;
}

static void interrupted(uint32_t vector)
{
    halt_ended();
    was_interrupted = true;
    take_interrupt(vector);
}

static void complain(void)
{
    static const char text[] =
        "nuncio: the broker has not answered for 5 s; waiting for it\n";

    (void)kvm_console_io(CONSOLEIO_write, sizeof(text) - 1,
                         (uint64_t)(uintptr_t)text);
}

/* The broker looks at (want_call) after it has written (done), we look at
 * (done) after (want_call): one of us sees the other. */
static bool halt(uint64_t begin, uint64_t limit)
{
    uint64_t word_after = kvm_ticks(WORD_AFTER_S * NS_PER_S);
    bool silent = true;

    __atomic_store_n(&kvm_mailbox.box.want_call, 1, __ATOMIC_SEQ_CST);
    while (!is_done()) {
        uint64_t waited = cpu_tsc() - begin;

        if (waited >= limit) {
            return false;
        }
        if (waited >= word_after && silent) {
            complain();
            silent = false;
        }
        kvm_timer_wake_within(NS_PER_S);
        halted_at = cpu_tsc();
        cpu_wait_vector(interrupted);
        halt_ended();
    }
    __atomic_store_n(&kvm_mailbox.box.want_call, 0, __ATOMIC_RELAXED);
    return true;
}

/* False: (limit) ticks have passed. */
static bool wait_done(uint64_t limit)
{
    uint64_t begin = cpu_tsc();
    bool is_spun = spin(begin);

    kvm_counts.wait_ticks += cpu_tsc() - begin;
    if (!is_spun && !halt(begin, limit)) {
        return false;
    }
    learn(cpu_tsc() - begin);
    if (was_interrupted) {
        was_interrupted = false;
        if (kvm_upcall_pending()) {
            kvm_lapic_self(KVM_VECTOR_UPCALL);
        }
    }
    return true;
}

static void submit(uint32_t count)
{
    struct broker_mailbox *box = &kvm_mailbox.box;

    kvm_counts.hypercalls++;
    kvm_counts.operations += count;
    box->count = count;
    request++;
    __atomic_store_n(&box->request, request, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&box->polling, __ATOMIC_SEQ_CST)) {
        kvm_device_kick(BROKER_QUEUE_MAILBOX);
    }
}

/* Hands the answers on. What is no answer counts as a failure. */
static void deliver(const struct kvm_run *run, const struct broker_op *op,
                    const struct broker_op *end)
{
    struct gnttab_copy *copy = run->sink.copies;

    for (; op < end; op++) {
        int32_t result = op->result;

        if (result != 0 && *run->sink.result == 0) {
            *run->sink.result = result < 0 ? result : -XEN_EIO;
        }
        if (copy != NULL) {
            if (result == 0) {
                copy->status = op->copy.status;
            }
            copy++;
        }
    }
}

static bool flush(uint64_t limit)
{
    const struct broker_op *ops = kvm_mailbox.box.ops;
    uint32_t count = kvm_batch.added;
    uint32_t from = 0;

    if (count == 0) {
        return true;
    }
    submit(count);
    /* Where a kick takes long the answer may be there after it. */
    if (!is_done() && !wait_done(limit)) {
        return false;
    }
    for (uint32_t i = 0; i < kvm_batch.run_count; i++) {
        deliver(&kvm_batch.runs[i], ops + from, ops + kvm_batch.runs[i].end);
        from = kvm_batch.runs[i].end;
    }
    kvm_batch.run_count = 0;
    kvm_batch.added = 0;
    return true;
}

void kvm_mailbox_flush(void)
{
    (void)flush(UINT64_MAX);
}

bool kvm_mailbox_flush_within(uint64_t ns)
{
    bool done = flush(kvm_ticks(ns));

    if (!done) {
        kvm_mailbox_close();
    }
    return done;
}
