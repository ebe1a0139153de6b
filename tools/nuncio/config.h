/* Reads a system configuration; docs/configuration.md describes the format. */
#ifndef NUNCIO_TOOL_CONFIG_H
#define NUNCIO_TOOL_CONFIG_H

#include "report.h"
#include "system.h"

/*
 * Reads (path). "${build}" in the image of a disk stands for (build_dir);
 * another relative image is beside the configuration. Returns the system, to be
 * freed with system_free(), or NULL with the reasons in (report). What a single
 * setting can tell is checked here, all that needs more in system_check().
 */
struct system *config_read_system(const char *path, const char *build_dir,
                                  struct report *report);

#endif /* NUNCIO_TOOL_CONFIG_H */
