/*
 * Descriptor tables: GDT, TSS and IDT (cpu.h, trap.h).
 */
#include <cpu.h>
#include <image.h>
#include <trap.h>

/* From trap_entry.S. */
extern uint8_t trap_stubs[];
extern uint8_t wait_stubs[]; /* interrupts only */
/* For trap_entry.S. */
extern void (*wait_taken)(uint32_t vector);
void (*wait_taken)(uint32_t vector);

#define STUB_BYTES 16u
#define VECTORS    256u

enum { IST_NONE = 0, IST_TRAP = 1, IST_NMI = 2, IST_FAULT = 3 };

/* Task state segment of long mode. */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));

_Static_assert(sizeof(struct tss) == 104, "layout of the TSS");

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

_Static_assert(sizeof(struct gate) == 16, "layout of a gate");

struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

#define GATE_INTERRUPT      0x8eu /* present, DPL 0, interrupts off */
#define GATE_INTERRUPT_USER 0xeeu /* the same, callable with INT3 */

#define SEGMENT_KERNEL_CODE 0x00af9b000000ffffull
#define SEGMENT_KERNEL_DATA 0x00cf93000000ffffull
#define SEGMENT_USER_DATA   0x00cff3000000ffffull
#define SEGMENT_USER_CODE   0x00affb000000ffffull
#define SEGMENT_TSS         0x0000890000000000ull

static uint64_t gdt[7] = {
    0,
    SEGMENT_KERNEL_CODE,
    SEGMENT_KERNEL_DATA,
    SEGMENT_USER_DATA,
    SEGMENT_USER_CODE,
};
static struct tss tss;
static struct gate idt[VECTORS];
/* While cpu_wait_vector() waits: interrupts have gates of their own, and stay
 * on the stack that is in use. */
static struct gate wait_idt[VECTORS];

static uint64_t address(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static void load_gdt(void)
{
    struct table_register gdtr = {sizeof(gdt) - 1, address(gdt)};
    uint64_t scratch;

    __asm__ volatile("lgdt %1\n\t"
                     "pushq %2\n\t"
                     "leaq 1f(%%rip), %0\n\t"
                     "pushq %0\n\t"
                     "lretq\n"
                     "1:\n\t"
                     "mov %k3, %%ss\n\t"
                     "mov %k4, %%ds\n\t"
                     "mov %k4, %%es\n\t"
                     "mov %k4, %%fs\n\t"
                     "mov %k4, %%gs\n\t"
                     "ltr %w5"
                     : "=&r"(scratch)
                     : "m"(gdtr), "i"(CPU_KERNEL_CS), "r"(CPU_KERNEL_SS),
                       "r"(0u), "r"(CPU_TSS)
                     : "memory");
}

void cpu_init_segments(void)
{
    uint64_t base = address(&tss);

    tss.rsp[0] = address(boot_stack_top);
    tss.ist[IST_TRAP - 1] = address(trap_stack_top);
    tss.ist[IST_NMI - 1] = address(nmi_stack_top);
    tss.ist[IST_FAULT - 1] = address(fault_stack_top);
    tss.io_map = sizeof(tss); /* no port is open to user code */
    gdt[5] = SEGMENT_TSS | (sizeof(tss) - 1) | ((base & 0xffffffu) << 16) |
             ((base >> 24 & 0xffu) << 56);
    gdt[6] = base >> 32;
    load_gdt();
}

void cpu_set_kernel_stack(uint64_t top)
{
    tss.rsp[0] = top;
}

static uint8_t stack_of(unsigned vector)
{
    if (vector == TRAP_NMI) {
        return IST_NMI;
    }
    if (vector == TRAP_DOUBLE_FAULT || vector == TRAP_MACHINE_CHECK) {
        return IST_FAULT;
    }
    return IST_TRAP;
}

static struct gate gate_to(uint64_t stub, uint8_t stack, uint8_t type)
{
    return (struct gate){
        .offset_low = (uint16_t)stub,
        .selector = CPU_KERNEL_CS,
        .ist = stack,
        .type = type,
        .offset_middle = (uint16_t)(stub >> 16),
        .offset_high = (uint32_t)(stub >> 32),
    };
}

void trap_init(void)
{
    struct table_register idtr = {sizeof(idt) - 1, address(idt)};

    for (unsigned vector = 0; vector < VECTORS; vector++) {
        uint64_t stub = address(trap_stubs) + (uint64_t)vector * STUB_BYTES;

        idt[vector] = gate_to(stub, stack_of(vector),
                              vector == TRAP_BREAKPOINT ? GATE_INTERRUPT_USER
                                                        : GATE_INTERRUPT);
        wait_idt[vector] = idt[vector];
    }
    for (unsigned vector = TRAP_FIRST_INTERRUPT; vector < VECTORS; vector++) {
        uint64_t stub = address(wait_stubs) +
                        (uint64_t)(vector - TRAP_FIRST_INTERRUPT) * STUB_BYTES;

        wait_idt[vector] = gate_to(stub, IST_NONE, GATE_INTERRUPT);
    }
    __asm__ volatile("lidt %0" : : "m"(idtr));
}

void cpu_wait_vector(void (*taken)(uint32_t vector))
{
    struct table_register usual = {sizeof(idt) - 1, address(idt)};
    struct table_register waiting = {sizeof(wait_idt) - 1, address(wait_idt)};

    wait_taken = taken;
    __asm__ volatile("lidt %0\n\t"
                     "sti\n\t"
                     "hlt\n\t"
                     "cli\n\t"
                     "lidt %1"
                     :
                     : "m"(waiting), "m"(usual)
                     : "memory");
}

struct trap_frame *trap_stack_frame(void)
{
    uint64_t top = address(trap_stack_top);

    return (struct trap_frame *)(uintptr_t)(top - sizeof(struct trap_frame));
}

const char *trap_name(uint64_t vector)
{
    static const char *const names[] = {
        "divide error",
        "debug",
        "NMI",
        "breakpoint",
        "overflow",
        "bound range",
        "invalid opcode",
        "no FPU",
        "double fault",
        "coprocessor overrun",
        "invalid TSS",
        "segment not present",
        "stack segment fault",
        "general protection",
        "page fault",
        "reserved 15",
        "x87 error",
        "alignment check",
        "machine check",
        "SIMD error",
        "virtualization",
        "control protection",
    };

    if (vector < sizeof(names) / sizeof(names[0])) {
        return names[vector];
    }
    return vector < TRAP_FIRST_INTERRUPT ? "reserved exception" : "interrupt";
}
