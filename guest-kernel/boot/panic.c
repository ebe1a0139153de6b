/*
 * The panic screen: panic.h.
 */
#include <boot/panic.h>

#include <boot/klog.h>
#include <boot_paging.h>
#include <cpu.h>
#include <hypercall/hv.h>
#include <nlib/printf.h>
#include <trap.h>

#define FRAMES_MAX 32
#define UPPER_HALF 0xffff800000000000ull

/*
 * Functions of the image by address: made by the second pass of the link
 * (symbols.awk). Offsets are from symbol_base.
 */
struct symbol {
    uint32_t offset;
    uint32_t name;
};
extern const struct symbol symbol_table[];
extern const uint32_t symbol_count;
extern const uint64_t symbol_base;
extern const char symbol_names[];

static bool panicking;

const char *symbol_find(uint64_t address, uint64_t *offset)
{
    uint64_t at = address - symbol_base;
    uint32_t low = 0;
    uint32_t high = symbol_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (symbol_table[middle].offset <= at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    /* The last entry marks the end of the text and has no name. */
    if (low == 0 || low >= symbol_count) {
        return NULL;
    }
    *offset = at - symbol_table[low - 1].offset;
    return symbol_names + symbol_table[low - 1].name;
}

static void print_place(uint64_t address)
{
    uint64_t offset;
    const char *name = symbol_find(address, &offset);

    if (name == NULL) {
        kprintf("  %016lx\n", address);
    } else {
        kprintf("  %016lx %s+0x%lx\n", address, name, offset);
    }
}

/*
 * Follows saved frame pointers. Each must lie above the last and be readable:
 * what broke the kernel may have broken the chain.
 */
static void print_backtrace(uint64_t rip, uint64_t rbp)
{
    uint64_t last = 0;

    kprintf("backtrace:\n");
    if (rip != 0) {
        print_place(rip);
    }
    for (int i = 0; i < FRAMES_MAX; i++) {
        const uint64_t *frame = (const uint64_t *)(uintptr_t)rbp;

        if (rbp < UPPER_HALF || rbp % 8 != 0 || rbp <= last ||
            !boot_paging_is_mapped(rbp) || !boot_paging_is_mapped(rbp + 8)) {
            break;
        }
        last = rbp;
        /* A call's return address: name the call, not what follows it. */
        if (frame[1] != 0) {
            print_place(frame[1] - 1);
        }
        rbp = frame[0];
    }
}

static void print_registers(const struct trap_frame *f)
{
    kprintf("%s (vector %lu) error %lx cr2 %016lx in %s mode\n",
            trap_name(f->vector), f->vector, f->error, cpu_cr2(),
            trap_from_user(f) ? "user" : "kernel");
    kprintf("rip %016lx rsp %016lx flags %08lx cs %02lx ss %02lx\n", f->rip,
            f->rsp, f->rflags, f->cs, f->ss);
    kprintf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx,
            f->rcx, f->rdx);
    kprintf("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", f->rsi, f->rdi,
            f->rbp, f->r8);
    kprintf("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", f->r9, f->r10,
            f->r11, f->r12);
    kprintf("r13 %016lx r14 %016lx r15 %016lx\n", f->r13, f->r14, f->r15);
}

/* The launcher reads the status from this line. */
static _Noreturn void end(void)
{
    klog(KLOG_ERROR, "exit %d", PANIC_STATUS);
    hv_shutdown(PANIC_STATUS);
}

static void __attribute__((format(printf, 1, 0)))
begin(const char *format, va_list args)
{
    cpu_interrupts_off();
    if (panicking) {
        klog_bytes("panic: again\n", 13);
        end();
    }
    panicking = true;
    kprintf("panic: ");
    kvprintf(format, args);
    kprintf("\n");
}

void panic(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    begin(format, args);
    va_end(args);
    print_backtrace(0, (uint64_t)(uintptr_t)__builtin_frame_address(0));
    end();
}

void panic_frame(const struct trap_frame *frame, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    begin(format, args);
    va_end(args);
    print_registers(frame);
    print_backtrace(frame->rip, frame->rbp);
    end();
}

void kassert_failed(const char *file, int line, const char *what)
{
    panic("%s:%d: assertion failed: %s", file, line, what);
}
