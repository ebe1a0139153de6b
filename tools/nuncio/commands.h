/* The commands of nuncio: each returns the exit status. */
#ifndef NUNCIO_TOOL_COMMANDS_H
#define NUNCIO_TOOL_COMMANDS_H

#include "options.h"

int command_run(const struct options *options, struct report *report);
int command_up(const struct options *options, struct report *report);
int command_ps(const struct options *options, struct report *report);
int command_image(const struct options *options, struct report *report);
int command_list(const struct options *options, struct report *report);
int command_xml(const struct options *options, struct report *report);
int command_trace(const struct options *options, struct report *report);

/*
 * The system that the options describe: read, changed by --place, --disk and
 * --exec, checked. NULL with the reasons in (report). (*build_dir), the
 * system's memory, is where the kernel and the images are.
 */
struct system *command_read_system(const struct options *options,
                                   const char **build_dir,
                                   struct report *report);

/* Is all there that a run needs, and does it go together? Else false with the
 * reasons in (report). */
bool command_can_run(const struct options *options, const char *build_dir,
                     struct report *report);

/* How the processor is run: what --accel says, else KVM where the host can. A
 * wish that cannot be had is told to (report). */
enum accel command_choose_accel(const struct options *options,
                                struct report *report);

#endif /* NUNCIO_TOOL_COMMANDS_H */
