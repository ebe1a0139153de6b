/* What the host offers, and running its programs. */
#ifndef NUNCIO_TOOL_HOST_H
#define NUNCIO_TOOL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu.h"
#include "report.h"

/*
 * Can KVM be used? Only when the processor has VT-x or SVM itself and /dev/kvm
 * opens: a /dev/kvm without them is some other hypervisor's imitation. Else
 * (why) says what is missing.
 */
bool host_has_kvm(const char **why);
/* The same from the text of /proc/cpuinfo: is there a flag vmx or svm? */
bool host_cpu_virtualizes(const char *cpuinfo);

/* Milliseconds of a clock that never goes back. */
uint64_t host_now_ms(void);

/* Writes all of it, waiting where it must; false when nobody reads any more. */
bool host_write_all(int fd, const char *data, size_t bytes);

/* Where the images and the kernel are when nobody says: the directory of this
 * very program. NULL if the host does not tell. */
char *host_build_dir(struct pool *pool);

/*
 * Runs (argv), found by PATH and in the directories for administrators, with
 * (input), which may be NULL, on its standard input, and waits for it. Returns
 * true if its status was 0; else the reason is in (report), with the program's
 * name, and its own words are on standard error.
 */
bool host_run(const struct strings *argv, const char *input,
              struct report *report);

#endif /* NUNCIO_TOOL_HOST_H */
