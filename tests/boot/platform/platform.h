/*
 * Shared by the files of the platform test kernel.
 */
#ifndef NUNCIO_TESTS_PLATFORM_H
#define NUNCIO_TESTS_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>
#include <boot/devices.h>
#include <boot/start.h>

#define MS 1000000ull

/* Ends the machine with a status that says so. */
_Noreturn void fail(const char *what);
void expect(bool good, const char *what);

/* With interrupts on, without waiting for one. */
void spin_ms(uint64_t ms);
/* Waits for events until (*counter) is (value); fails after 3 s. */
void wait_until(const volatile uint32_t *counter, uint32_t value,
                const char *what);

void test_devices(void);
void test_domains(void);
void test_silence(void);
void test_rng(const struct platform_device *rng);

void panic_write_text(void);
void panic_write_rodata(void);
void panic_write_alias(void);
void panic_execute_data(void);
void panic_page_zero(void);
void panic_stack_overflow(void);
void panic_assert(void);
void panic_fpu(void);

#endif /* NUNCIO_TESTS_PLATFORM_H */
