/*
 * ACPI's tables: acpi.h.
 */
#include <boot/acpi.h>

#include <nlib/string.h>

#define RSDP_1_BYTES    20u
#define RSDP_2_BYTES    36u
#define TABLE_BYTES_MAX 0x2000u
#define TABLES_MAX      64u

#define MADT_FIRST    44u
#define MADT_IOAPIC   1u
#define MADT_OVERRIDE 2u
#define MCFG_FIRST    44u

#define FADT_PM1A_CONTROL     64u
#define FADT_PM_TIMER         76u
#define FADT_FLAGS            112u
#define FADT_HARDWARE_REDUCED (1u << 20)

#define IOAPIC_DEFAULT 0xfec00000u

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t checksum_2;
    uint8_t reserved[3];
} __attribute__((packed));

struct table_header {
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t checksum;
    char oem[6];
    char oem_table[8];
    uint32_t oem_revision;
    uint32_t creator;
    uint32_t creator_revision;
} __attribute__((packed));

_Static_assert(sizeof(struct rsdp) == RSDP_2_BYTES, "layout of the RSDP");
_Static_assert(sizeof(struct table_header) == 36, "layout of a table header");

/* One table, copied before it is looked at. Boot runs once: static. */
struct table {
    uint32_t bytes;
    uint8_t data[TABLE_BYTES_MAX];
};
static struct table table;

static bool sums_to_zero(const uint8_t *data, uint32_t bytes)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < bytes; i++) {
        sum = (uint8_t)(sum + data[i]);
    }
    return sum == 0;
}

/* Reads a field of the table; what is beyond its end is 0. */
static uint64_t field(const struct table *t, uint32_t offset, uint32_t bytes)
{
    uint64_t value = 0;

    if (bytes <= t->bytes && offset <= t->bytes - bytes) {
        memcpy(&value, t->data + offset, bytes);
    }
    return value;
}

static bool load(struct table *t, const struct boot_window *window, uint64_t at)
{
    struct table_header header;

    if (boot_window_read(window, at, &header, sizeof(header)) != 0 ||
        header.length < sizeof(header) || header.length > TABLE_BYTES_MAX ||
        boot_window_read(window, at, t->data, header.length) != 0) {
        return false;
    }
    t->bytes = header.length;
    return sums_to_zero(t->data, t->bytes);
}

static bool is_table(const struct table *t, const char *signature)
{
    return memcmp(t->data, signature, 4) == 0;
}

static void take_ioapic(struct acpi_info *acpi, const struct table *t,
                        uint32_t at)
{
    struct hv_ioapic *ioapic = &acpi->ioapics[acpi->ioapic_count];

    if (acpi->ioapic_count < HV_IOAPICS_MAX) {
        ioapic->phys = field(t, at + 4, 4);
        ioapic->gsi_base = (uint32_t)field(t, at + 8, 4);
        acpi->ioapic_count++;
    }
}

static void take_override(struct acpi_info *acpi, const struct table *t,
                          uint32_t at)
{
    struct acpi_override *o = &acpi->overrides[acpi->override_count];
    uint64_t flags = field(t, at + 8, 2);

    if (acpi->override_count < ACPI_OVERRIDES_MAX) {
        o->source = (uint32_t)field(t, at + 3, 1);
        o->gsi = (uint32_t)field(t, at + 4, 4);
        o->low = (flags & 3u) == 3u;
        o->level = (flags >> 2 & 3u) == 3u;
        acpi->override_count++;
    }
}

static void take_madt(struct acpi_info *acpi, const struct table *t)
{
    uint32_t at = MADT_FIRST;

    acpi->ioapic_count = 0;
    while (at + 2 <= t->bytes) {
        uint32_t type = (uint32_t)field(t, at, 1);
        uint32_t bytes = (uint32_t)field(t, at + 1, 1);

        if (bytes < 2 || bytes > t->bytes - at) {
            return;
        }
        if (type == MADT_IOAPIC && bytes >= 12) {
            take_ioapic(acpi, t, at);
        } else if (type == MADT_OVERRIDE && bytes >= 10) {
            take_override(acpi, t, at);
        }
        at += bytes;
    }
}

static void take_fadt(struct acpi_info *acpi, const struct table *t)
{
    uint64_t control = field(t, FADT_PM1A_CONTROL, 4);
    uint64_t timer = field(t, FADT_PM_TIMER, 4);

    if (field(t, FADT_FLAGS, 4) & FADT_HARDWARE_REDUCED) {
        return;
    }
    acpi->pm_control_port = control <= 0xffffu ? (uint16_t)control : 0;
    acpi->pm_timer_port = timer <= 0xffffu ? (uint16_t)timer : 0;
}

static void take_mcfg(struct acpi_info *acpi, const struct table *t)
{
    /* Segment 0 from bus 0, as every machine of one segment has it. */
    if (t->bytes >= MCFG_FIRST + 16 && field(t, MCFG_FIRST + 8, 3) == 0) {
        acpi->ecam_phys = field(t, MCFG_FIRST, 8);
        acpi->ecam_last_bus = (uint32_t)field(t, MCFG_FIRST + 11, 1);
    }
}

static void take_table(struct acpi_info *acpi, const struct table *t)
{
    if (is_table(t, "APIC")) {
        take_madt(acpi, t);
    } else if (is_table(t, "FACP")) {
        take_fadt(acpi, t);
    } else if (is_table(t, "MCFG")) {
        take_mcfg(acpi, t);
    }
}

/* The root pointer: by address, or the copy a multiboot2 loader made. */
static bool take_root(struct rsdp *rsdp, const struct boot_info *info,
                      const struct boot_window *window)
{
    memset(rsdp, 0, sizeof(*rsdp));
    if (info->rsdp_copy_bytes != 0) {
        memcpy(rsdp, info->rsdp_copy, info->rsdp_copy_bytes);
    } else if (boot_window_read(window, info->rsdp, rsdp, RSDP_1_BYTES) != 0) {
        return false;
    } else if (rsdp->revision >= 2 &&
               boot_window_read(window, info->rsdp, rsdp, RSDP_2_BYTES) != 0) {
        return false;
    }
    return memcmp(rsdp->signature, "RSD PTR ", 8) == 0 &&
           sums_to_zero((const uint8_t *)rsdp, RSDP_1_BYTES);
}

/* What a root table points to; (table) is needed for the others. */
static uint32_t copy_pointers(uint8_t pointers[TABLES_MAX * 8],
                              const struct table *t, uint32_t pointer_bytes)
{
    uint32_t header = sizeof(struct table_header);
    uint32_t count = (t->bytes - header) / pointer_bytes;

    count = count > TABLES_MAX ? TABLES_MAX : count;
    memcpy(pointers, t->data + header, (size_t)count * pointer_bytes);
    return count;
}

static const char *take_tables(struct acpi_info *acpi,
                               const struct boot_window *window, uint64_t root,
                               uint32_t pointer_bytes)
{
    static uint8_t pointers[TABLES_MAX * 8];
    uint32_t count;

    if (!load(&table, window, root)) {
        return "ACPI's root table is damaged";
    }
    count = copy_pointers(pointers, &table, pointer_bytes);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = 0;

        memcpy(&at, pointers + (size_t)i * pointer_bytes, pointer_bytes);
        if (load(&table, window, at)) {
            take_table(acpi, &table);
        }
    }
    acpi->found = true;
    return NULL;
}

const char *acpi_parse(struct acpi_info *acpi, const struct boot_info *info,
                       const struct boot_window *window)
{
    struct rsdp rsdp;
    const char *problem = NULL;

    memset(acpi, 0, sizeof(*acpi));
    if (info->rsdp != 0 || info->rsdp_copy_bytes != 0) {
        if (!take_root(&rsdp, info, window)) {
            problem = "ACPI's root pointer is damaged";
        } else if (rsdp.revision >= 2 && rsdp.xsdt != 0) {
            problem = take_tables(acpi, window, rsdp.xsdt, 8);
        } else {
            problem = take_tables(acpi, window, rsdp.rsdt, 4);
        }
    }
    if (acpi->ioapic_count == 0) {
        acpi->ioapics[0].phys = IOAPIC_DEFAULT;
        acpi->ioapic_count = 1;
    }
    return problem;
}

struct acpi_override acpi_isa_line(const struct acpi_info *acpi,
                                   uint32_t source)
{
    struct acpi_override line = {source, source, false, false};

    for (uint32_t i = 0; i < acpi->override_count; i++) {
        if (acpi->overrides[i].source == source) {
            line = acpi->overrides[i];
        }
    }
    return line;
}
