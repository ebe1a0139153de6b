/*
 * The kernel's command line: words separated by blanks, `name` or `name=value`.
 *
 * Trust: the line is the loader's; values are bounded, numbers are checked.
 */
#ifndef NUNCIO_BOOT_CMDLINE_H
#define NUNCIO_BOOT_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The line the functions below look at; (line) must stay. */
void cmdline_set(const char *line);
const char *cmdline_text(void);

/*
 * Value of the first word (name) or (name)=..., into (value) with its NUL; ""
 * for a word without `=`. Returns the length, or NU_NOENT, or NU_TOOLONG if it
 * does not fit ((value) is then unchanged).
 */
int cmdline_get(const char *name, char *value, size_t bytes);
/* The same for the (index)th word with that name, from 0. */
int cmdline_get_nth(const char *name, uint32_t index, char *value,
                    size_t bytes);
bool cmdline_has(const char *name);

/* A number, decimal or 0x: 0, NU_NOENT, or NU_INVAL if it is none. */
int cmdline_get_u64(const char *name, uint64_t *value);

/* Reads a number at (*text) and moves it behind; 0, or NU_INVAL if there is
 * none or it does not fit 64 bits. */
int cmdline_number(const char **text, uint64_t *value);

#endif /* NUNCIO_BOOT_CMDLINE_H */
