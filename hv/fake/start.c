/*
 * The model's state and its start.
 */
#include <hv/fake/peer.h>

#include <string.h>

struct fake_hv fake_hv;

void fake_reset(void)
{
    memset(&fake_hv, 0, sizeof(fake_hv));
    fake_hv.first_port = 1;
    fake_hv.domid = FAKE_DOMID;
    fake_hv.epoch = 1;
    fake_peers_reset();
    fake_copies_reset();
}

void hv_start_early(const struct hv_options *options)
{
    (void)options;
}

const char *hv_start(const struct hv_options *options,
                     struct shared_info **shared)
{
    (void)options;
    *shared = &fake_hv.shared;
    return NULL;
}

/* Tests raise events themselves. */
void hv_interrupt(uint32_t vector)
{
    (void)vector;
}
