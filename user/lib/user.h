/*
 * The library of programs: what was given to them, the terminal, ends.
 *
 * Memory is rt/heap.h, text is nlib/string.h and nlib/printf.h, and everything
 * else is a message: <contract/NAME.h>.
 *
 * Ownership: start block and arguments last as long as the program.
 * Blocking:  terminal functions wait for the console service.
 */
#ifndef NUNCIO_USER_USER_H
#define NUNCIO_USER_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/error.h>
#include <abi/message.h>
#include <abi/start.h>
#include <enter.h>
#include <rt/process.h>

/* The program. argv holds the arguments alone, not the program's name, and
 * ends with NULL. What it returns is its exit status. */
int main(int argc, char **argv);

/* Ends the program after what it printed is out. */
_Noreturn void user_exit(int status);

/* The handle called (name), or NU_HANDLE_NONE. */
static inline nu_handle_t user_handle(const char *name)
{
    return rt_handle(name);
}

/* Text to the terminal, gathered up to 4 KiB; nowhere if there is none. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_bytes(const void *data, size_t bytes);
void print_flush(void);

/* From now on lines end as a raw terminal wants it, with "\r\n". */
void print_to_terminal(void);

/* At least one byte from the terminal; how many, or 0 when there is none. */
size_t read_bytes(void *data, size_t bytes);

/* The whole number that (text) is; false if it is none or too large. */
bool parse_number(const char *text, uint64_t *number);

/* x86's counter: instructions, where the machine counts them. */
static inline uint64_t read_counter(void)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

#endif /* NUNCIO_USER_USER_H */
