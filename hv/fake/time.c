/*
 * set_timer_op: remembers the deadline; a test raises VIRQ_TIMER.
 */
#include <hv/fake/fake.h>

long fake_set_timer_op(uint64_t deadline_ns)
{
    fake_hv.deadline_ns = deadline_ns;
    return 0;
}

const char *hv_clock_name(void)
{
    return "the test's";
}
