/*
 * The boot archive: cpio newc with "init", "manifest" and "image/NAME" for each
 * program, and for each service that does not run in the kernel, which has the
 * services' code linked in. The same input gives the same bytes.
 */
#ifndef NUNCIO_TOOL_BOOT_ARCHIVE_H
#define NUNCIO_TOOL_BOOT_ARCHIVE_H

#include <stdbool.h>

#include "report.h"
#include "system.h"

/*
 * Writes the archive of (sys), which has passed system_check(), to (fd); the
 * images are those in (build_dir)/image. Returns false with the reasons in
 * (report).
 */
bool archive_write_system(struct system *sys, const char *build_dir, int fd,
                          struct report *report);

#endif /* NUNCIO_TOOL_BOOT_ARCHIVE_H */
