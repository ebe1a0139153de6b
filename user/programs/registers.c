/*
 * Registers that a program may spoil: afterwards the kernel, this program and
 * all others must go on as if nothing had been. Flags that would make the kernel
 * fault or drop its guard (NT, AC, DF, TF is the debugger's), then the bases of
 * FS and GS, where others have their message buffer.
 */
#include <contract/clock.h>
#include <contract/log.h>
#include <user.h>

#define FLAG_DF 0x400ull
#define FLAG_NT 0x4000ull
#define FLAG_AC 0x40000ull

#define ROUNDS 20

static void set_flags(uint64_t flags)
{
    __asm__ volatile("pushfq\n\t"
                     "or %0, (%%rsp)\n\t"
                     "popfq"
                     :
                     : "r"(flags)
                     : "memory", "cc");
}

static void clear_flags(void)
{
    __asm__ volatile("pushq $0x202\n\tpopfq" : : : "memory", "cc");
}

/* A call past the library, which would want GS: clock.sleep until (until). */
static void sleep_bare(nu_handle_t clock, uint64_t until)
{
    uint64_t tag = CLOCK_SLEEP_METHOD | NU_OP_CALL | NU_SHAPE(1, 0, 0, 0);
    uint64_t status;
    uint64_t handle = clock;

    __asm__ volatile("syscall"
                     : "=a"(status), "+D"(handle), "+S"(tag), "+d"(until)
                     :
                     : "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
}

/* Loads a selector, which sets the base to what the descriptor says: 0. Others
 * run while this program sleeps. */
static void spoil_bases(nu_handle_t clock, uint64_t until)
{
    const uint32_t user_data = 0x1b;

    __asm__ volatile("mov %0, %%gs\n\tmov %0, %%fs" : : "r"(user_data));
    sleep_bare(clock, until);
}

int main(int argc, char **argv)
{
    static const uint64_t flags[] = {FLAG_NT, FLAG_AC, FLAG_DF,
                                     FLAG_NT | FLAG_AC | FLAG_DF};
    nu_handle_t clock = user_handle("clock");
    uint64_t ns = 0;

    (void)argc;
    (void)argv;
    for (uint32_t i = 0; i < 4; i++) {
        /* Short and long ways through the kernel. */
        set_flags(flags[i]);
        sleep_bare(clock, 0);
        sleep_bare(clock, 1ull << 62 >> 62);
        clear_flags();
        if (clock_read(clock, &ns, NULL) != 0)
            return 1;
        set_flags(flags[i]);
        sleep_bare(clock, ns + 2000000);
        clear_flags();
    }
    for (uint32_t i = 0; i < ROUNDS; i++) {
        if (clock_read(clock, &ns, NULL) != 0)
            return 1;
        spoil_bases(clock, ns + 1000000);
    }
    print("registers: as they were\n");
    return 0;
}
