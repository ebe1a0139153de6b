/*
 * sched_op and the end of the machine: back to the test.
 */
#include <hv/fake/fake.h>

#include <stdlib.h>

void hv_shutdown(int status)
{
    fake_hv.shutdown_status = status;
    if (fake_hv.shutdown != NULL) {
        longjmp(*fake_hv.shutdown, 1);
    }
    abort();
}

long fake_sched_op(uint64_t command, uint64_t arg)
{
    const struct sched_shutdown *op = (const void *)(uintptr_t)arg;

    switch (command) {
    case SCHEDOP_yield:
    case SCHEDOP_block:
        return 0;
    case SCHEDOP_shutdown:
        hv_shutdown((int)op->reason);
    default:
        return -XEN_ENOSYS;
    }
}

int hv_trace_write(const void *data, size_t bytes)
{
    (void)data;
    (void)bytes;
    return -15; /* NU_UNSUP */
}
