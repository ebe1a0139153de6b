/*
 * A process given nothing: sends every ordinal of every contract to every
 * handle number, and some messages to those of other generations and to local
 * ones, and must get the error "no such handle" each time.
 *
 * It cannot even end itself, so its result is where it faults: at EMPTY_DONE if
 * all was refused, at EMPTY_ANSWERED + (slot) if something answered.
 */
#include <user.h>

#define EMPTY_DONE     0x600d0000ull
#define EMPTY_ANSWERED 0x0bad0000ull

/* Numbers of contracts: the kernel's are below 16, services' from 32 on. */
#define KERNEL_CONTRACTS 16u
#define FIRST_SERVICE    32u
#define CONTRACTS        36u
#define ORDINALS         17u
#define GENERATIONS      4u

static _Noreturn void fault_at(uint64_t addr)
{
    __asm__ volatile("movb $0, (%0)" ::"r"(addr) : "memory");
    for (;;)
        ;
}

static void try_all(nu_handle_t handle)
{
    for (uint32_t contract = 0; contract < CONTRACTS; contract++) {
        if (contract == KERNEL_CONTRACTS)
            contract = FIRST_SERVICE;
        for (uint32_t ordinal = 0; ordinal < ORDINALS; ordinal++) {
            struct nu_regs r = {.tag =
                                    NU_METHOD(contract, ordinal) | NU_OP_CALL};

            if (nu_message(handle, &r) != NU_BADH)
                fault_at(EMPTY_ANSWERED + (handle & NU_HANDLE_SLOT_MASK));
        }
    }
}

static void try_one(nu_handle_t handle)
{
    static const uint64_t ops[] = {NU_OP_SEND, NU_OP_RECV,
                                   NU_OP_RECV | NU_OP_NONBLOCK,
                                   NU_OP_CALL | NU_OP_COMPONENT};

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        struct nu_regs r = {.tag = NU_METHOD(1, 1) | ops[i]};

        if (nu_message(handle, &r) != NU_BADH)
            fault_at(EMPTY_ANSWERED + (handle & NU_HANDLE_SLOT_MASK));
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (uint32_t slot = 0; slot < NU_HANDLE_SLOTS_MAX; slot++) {
        for (uint32_t generation = 0; generation < GENERATIONS; generation++)
            try_one(generation << NU_HANDLE_SLOT_BITS | slot);
        /* The number that a slot's first handle would have. */
        try_all(1u << NU_HANDLE_SLOT_BITS | slot);
        try_one(NU_HANDLE_LOCAL | slot * NU_LOCAL_BYTES);
    }
    for (uint32_t bit = 0; bit < 31; bit++)
        try_one(1u << bit);
    fault_at(EMPTY_DONE);
}
