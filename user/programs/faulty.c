/*
 * Breaks one rule of the machine, named by its argument, and must be stopped by
 * a fault. If it gets on it says so and ends with status 1; status 2 is an
 * unknown name. (Init reports a fault of the main program as status 139.)
 */
#include <contract/purse.h>
#include <contract/space.h>
#include <nlib/string.h>
#include <user.h>

static const uint8_t ret_instruction[] = {0xc3};
static uint8_t writable[16] = {0xc3};

/* In assembly: what is undefined in C is what we are after. */
static void read_at(uint64_t addr)
{
    uint8_t byte;

    __asm__ volatile("movb (%1), %0" : "=r"(byte) : "r"(addr) : "memory");
}

static void write_at(uint64_t addr)
{
    __asm__ volatile("movb $1, (%0)" ::"r"(addr) : "memory");
}

static void run_at(uint64_t addr)
{
    __asm__ volatile("call *%0" ::"r"(addr) : "memory");
}

static void null_read(void)
{
    read_at(8);
}

static void null_call(void)
{
    run_at(0);
}

static void kernel_read(void)
{
    read_at(0xffffffff80100000ull);
}

static void direct_map_write(void)
{
    write_at(0xffff800000100000ull);
}

static void service_region_read(void)
{
    read_at(0xffffa00000010000ull);
}

static void text_write(void)
{
    write_at((uint64_t)(uintptr_t)&null_read);
}

static void rodata_write(void)
{
    write_at((uint64_t)(uintptr_t)ret_instruction);
}

static void rodata_run(void)
{
    run_at((uint64_t)(uintptr_t)ret_instruction);
}

static void data_run(void)
{
    run_at((uint64_t)(uintptr_t)writable);
}

static void stack_run(void)
{
    volatile uint8_t here[16] = {0xc3};

    run_at((uint64_t)(uintptr_t)here);
}

static void buffer_run(void)
{
    struct nu_msgbuf *buf = nu_buffer();

    buf->words[8] = 0xc3;
    run_at((uint64_t)(uintptr_t)&buf->words[8]);
}

static void call_page_write(void)
{
    write_at(0x7ffff000);
}

static void start_block_write(void)
{
    write_at((uint64_t)(uintptr_t)rt_start());
}

static void guard_read(void)
{
    uint64_t here;

    /* The stack has 64 pages and unmapped memory below. */
    __asm__("mov %%rsp, %0" : "=r"(here));
    read_at(here - 65 * NU_PAGE_BYTES);
}

static void non_canonical(void)
{
    read_at(0x800000000000ull);
}

static void privileged(void)
{
    __asm__ volatile("cli");
}

static void port_access(void)
{
    __asm__ volatile("outb %0, $0x80" ::"a"((uint8_t)0));
}

static void divide(void)
{
    uint32_t zero = 0;

    __asm__ volatile("div %0" : "+r"(zero)::"eax", "edx");
}

/* Maps memory executable, or writable and executable, after sealing: refused,
 * so that the write to where it would be faults. */
static void map_executable(void)
{
    nu_handle_t memory;
    uint64_t at = 0x700000000000ull;

    if (purse_create_memory(user_handle("purse"), 1, &memory) != 0)
        return;
    if (space_map(user_handle("space"), memory, 0, at, NU_PAGE_BYTES,
                  SPACE_PROTECTION_READ | SPACE_PROTECTION_EXEC) != NU_SEALED ||
        space_map(user_handle("space"), memory, 0, at, NU_PAGE_BYTES,
                  SPACE_PROTECTION_READ | SPACE_PROTECTION_WRITE |
                      SPACE_PROTECTION_EXEC) == 0)
        return;
    write_at(at);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"null-read", null_read},
    {"null-call", null_call},
    {"kernel-read", kernel_read},
    {"direct-map-write", direct_map_write},
    {"service-region-read", service_region_read},
    {"text-write", text_write},
    {"rodata-write", rodata_write},
    {"rodata-run", rodata_run},
    {"data-run", data_run},
    {"stack-run", stack_run},
    {"buffer-run", buffer_run},
    {"call-page-write", call_page_write},
    {"start-block-write", start_block_write},
    {"guard-read", guard_read},
    {"non-canonical", non_canonical},
    {"privileged", privileged},
    {"port-access", port_access},
    {"divide", divide},
    {"map-executable", map_executable},
};

int main(int argc, char **argv)
{
    const size_t count = sizeof(cases) / sizeof(cases[0]);

    for (size_t i = 0; argc == 1 && i < count; i++) {
        if (strcmp(cases[i].name, argv[0]) != 0)
            continue;
        cases[i].run();
        print("faulty: %s: not stopped\n", argv[0]);
        return 1;
    }
    print("usage: faulty CASE\n");
    for (size_t i = 0; i < count; i++)
        print("    %s\n", cases[i].name);
    return 2;
}
