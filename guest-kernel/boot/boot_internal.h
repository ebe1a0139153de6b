/*
 * Shared by the two boot protocol parsers (boot_info.h).
 */
#ifndef NUNCIO_BOOT_BOOT_INTERNAL_H
#define NUNCIO_BOOT_BOOT_INTERNAL_H

#include <boot/boot_info.h>

/* What a parser works on. */
struct boot_parse {
    struct boot_info *info;
    const struct boot_window *window;
    struct boot_error *error;
};

/* Writes the message and returns NU_INVAL. */
int boot_fail(struct boot_parse *parse, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Copies the loader's string at (at), which must end before (limit). */
int boot_take_cmdline(struct boot_parse *parse, uint64_t at, uint64_t limit);

/* Adds entry (index) of the loader's map; (type) as ACPI numbers them. */
int boot_take_range(struct boot_parse *parse, uint32_t index, uint64_t begin,
                    uint64_t bytes, uint32_t type);

int boot_take_archive(struct boot_parse *parse, uint64_t begin, uint64_t bytes);

/* After all fields: sorts the map and checks what must lie in it. */
int boot_finish(struct boot_parse *parse);

#endif /* NUNCIO_BOOT_BOOT_INTERNAL_H */
