/*
 * QEMU's command line, as a function of what shall run: nothing is asked of the
 * host here, so that tests can look at every case.
 */
#ifndef NUNCIO_TOOL_QEMU_H
#define NUNCIO_TOOL_QEMU_H

#include <stdbool.h>

#include "system.h"

#define QEMU_PROGRAM "qemu-system-x86_64"

/* Ports of the machine that both sides know; the kernel's command line says
 * them. 0x4e9 is nobody's on pc, q35 and microvm. */
#define QEMU_PORT_LOG   0xe9
#define QEMU_PORT_EXIT  0xf4
#define QEMU_PORT_TRACE 0x4e9

enum accel { ACCEL_TCG, ACCEL_KVM };
enum machine_kind { MACHINE_Q35, MACHINE_MICROVM, MACHINE_PC };

bool machine_parse(const char *text, enum machine_kind *machine);

struct qemu_plan {
    struct system *sys;
    enum accel accel;
    enum machine_kind machine;
    bool icount; /* one ns an instruction, no waiting: for measuring */
    const char *kernel;
    const char *archive;
    const char *append; /* more words for the kernel, or NULL */
    const char *broker; /* its socket for this domain; NULL: it is alone */
    /* Back-ends of the character devices: "socket,fd=5", "stdio". */
    const char *terminal;
    const char *log;
    const char *trace; /* NULL: no trace port */
    const struct strings *more; /* arguments as they are; may be NULL */
};

/* The kernel's command line. */
char *qemu_kernel_line(struct pool *pool, const struct qemu_plan *plan);
/* The whole command, beginning with QEMU_PROGRAM. */
void qemu_command(struct pool *pool, const struct qemu_plan *plan,
                  struct strings *argv);

/* For people, and for a shell: quoted words, one option a line. */
void qemu_print(const struct strings *argv, struct text *out);

#endif /* NUNCIO_TOOL_QEMU_H */
