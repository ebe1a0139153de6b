/* From the plan of a run to libvirt's description of it, asking the host for
 * what the description must know: absolute paths, and kinds of files. */
#ifndef NUNCIO_TOOL_XML_PLAN_H
#define NUNCIO_TOOL_XML_PLAN_H

#include <stdbool.h>

#include "xml.h"

/* The absolute name of (path), which is there; NULL with the reason in
 * (report). */
const char *xml_absolute(struct pool *pool, const char *path,
                         struct report *report);

/*
 * Fills (domain) but for its name, title and ports. (plan)'s back-ends of
 * character devices and (more) are not looked at; its kernel, archive and disks
 * must be there. False with the reasons in (report).
 */
bool xml_describe(const struct qemu_plan *plan, struct xml_domain *domain,
                  struct report *report);

#endif /* NUNCIO_TOOL_XML_PLAN_H */
