#include "handover.h"

#include <hypercall/broker_abi.h>

bool handover_take(struct broker_mailbox *mailbox, uint32_t done,
                   uint32_t *request)
{
    *request = __atomic_load_n(&mailbox->request, __ATOMIC_SEQ_CST);
    return *request != done;
}

bool handover_finish(struct broker_mailbox *mailbox, uint32_t request)
{
    __atomic_store_n(&mailbox->done, request, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&mailbox->want_call, __ATOMIC_SEQ_CST) != 0;
}

void handover_poll(struct broker_mailbox *mailbox)
{
    __atomic_store_n(&mailbox->polling, 1, __ATOMIC_SEQ_CST);
}

bool handover_sleep(struct broker_mailbox *mailbox, uint32_t done)
{
    __atomic_store_n(&mailbox->polling, 0, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&mailbox->request, __ATOMIC_SEQ_CST) != done;
}
