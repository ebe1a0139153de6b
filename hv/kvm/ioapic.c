/*
 * I/O APICs: lines of devices that have no messages.
 *
 * Spec: Intel 82093AA data sheet, 3 "Registers".
 */
#include <hv/kvm/kvm_internal.h>

#include <boot_paging.h>

#define REG_SELECT   0
#define REG_WINDOW   4 /* in words of 4 bytes */
#define REG_VERSION  0x01u
#define REG_PIN(pin) (0x10u + 2 * (pin))

#define PIN_LOW    (1u << 13)
#define PIN_LEVEL  (1u << 15)
#define PIN_MASKED (1u << 16)
#define PINS_MAX   240u

struct ioapic {
    volatile uint32_t *registers;
    uint32_t gsi_base;
    uint32_t pins;
};

static struct ioapic ioapics[HV_IOAPICS_MAX];
static uint32_t ioapic_count;

static uint32_t read_register(const struct ioapic *chip, uint32_t reg)
{
    chip->registers[REG_SELECT] = reg;
    return chip->registers[REG_WINDOW];
}

static void write_register(const struct ioapic *chip, uint32_t reg,
                           uint32_t value)
{
    chip->registers[REG_SELECT] = reg;
    chip->registers[REG_WINDOW] = value;
}

static const char *add(const struct hv_ioapic *given)
{
    struct ioapic *chip = &ioapics[ioapic_count];

    chip->gsi_base = given->gsi_base;
    chip->registers = mmio_map(given->phys, 0x20);
    if (chip->registers == NULL) {
        return "an I/O APIC at an address without RAM";
    }
    chip->pins = (read_register(chip, REG_VERSION) >> 16 & 0xffu) + 1;
    if (chip->pins > PINS_MAX) {
        return "an I/O APIC";
    }
    for (uint32_t pin = 0; pin < chip->pins; pin++) {
        write_register(chip, REG_PIN(pin), PIN_MASKED);
    }
    ioapic_count++;
    return NULL;
}

const char *kvm_ioapic_init(void)
{
    const char *missing = NULL;

    ioapic_count = 0;
    for (uint32_t i = 0; i < kvm_options.ioapic_count && missing == NULL; i++) {
        missing = add(&kvm_options.ioapics[i]);
    }
    return missing;
}

static const struct ioapic *find(uint32_t gsi)
{
    for (uint32_t i = 0; i < ioapic_count; i++) {
        if (gsi >= ioapics[i].gsi_base &&
            gsi - ioapics[i].gsi_base < ioapics[i].pins) {
            return &ioapics[i];
        }
    }
    return NULL;
}

bool kvm_ioapic_has(uint32_t gsi)
{
    return find(gsi) != NULL;
}

void kvm_ioapic_route(uint32_t gsi, uint8_t vector, bool level, bool low)
{
    const struct ioapic *chip = find(gsi);
    uint32_t reg = REG_PIN(gsi - chip->gsi_base);

    write_register(chip, reg, PIN_MASKED);
    write_register(chip, reg + 1, (uint32_t)kvm_lapic_id() << 24);
    write_register(chip, reg,
                   vector | (level ? PIN_LEVEL : 0) | (low ? PIN_LOW : 0));
}

void kvm_ioapic_mask(uint32_t gsi, bool masked)
{
    const struct ioapic *chip = find(gsi);
    uint32_t reg = REG_PIN(gsi - chip->gsi_base);
    uint32_t pin = read_register(chip, reg) & ~PIN_MASKED;

    write_register(chip, reg, pin | (masked ? PIN_MASKED : 0));
}
