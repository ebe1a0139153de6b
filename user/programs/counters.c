#include "counters.h"

#include <contract/domain.h>
#include <contract/system.h>
#include <nlib/string.h>
#include <user.h>

#include "pong.h"

int counters_read(struct counters *now)
{
    uint32_t domid = 0;
    nu_handle_t system = user_handle("system");
    nu_handle_t domain = user_handle("domain");
    uint64_t idle = 0;
    uint64_t waited = 0;
    int status = 0;

    memset(now, 0, sizeof(*now));
    if (system != NU_HANDLE_NONE)
        status = system_info(system, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                             &now->switches, &idle);
    if (status == 0 && domain != NU_HANDLE_NONE)
        status = domain_info(domain, &domid, NULL, NULL, NULL, NULL,
                             &now->hypercalls, &now->operations,
                             &now->doorbells, &now->interrupts, &waited);
    now->domid = domid;
    now->busy = read_counter() - idle - waited;
    return status == NU_UNSUP ? 0 : status;
}

int counters_read_far(nu_handle_t pong, struct counters *now)
{
    struct nu_regs r = {.tag = PONG_COUNTERS | NU_OP_CALL};
    uint64_t words[COUNTERS_WORDS];
    int status = nu_message(pong, &r);

    if (status != 0)
        return status;
    if (nu_tag_words(r.tag) != COUNTERS_WORDS)
        return NU_PROTO;
    memcpy(words, nu_buffer()->words, sizeof(words));
    words[0] = r.w0;
    words[1] = r.w1;
    words[2] = r.w2;
    words[3] = r.w3;
    memcpy(now, words, sizeof(*now));
    return 0;
}

void counters_subtract(struct counters *a, const struct counters *b)
{
    a->busy -= b->busy;
    a->hypercalls -= b->hypercalls;
    a->operations -= b->operations;
    a->doorbells -= b->doorbells;
    a->interrupts -= b->interrupts;
    a->switches -= b->switches;
}

void counters_print(const char *side, const struct counters *c)
{
    print(" %s.busy=%lu %s.hypercalls=%lu %s.operations=%lu", side,
          (unsigned long)c->busy, side, (unsigned long)c->hypercalls, side,
          (unsigned long)c->operations);
    print(" %s.doorbells=%lu %s.interrupts=%lu %s.switches=%lu", side,
          (unsigned long)c->doorbells, side, (unsigned long)c->interrupts, side,
          (unsigned long)c->switches);
}
