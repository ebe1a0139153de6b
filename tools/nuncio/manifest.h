/*
 * The manifest: what user/init reads to build the system, one directive a line.
 *
 *   import NAME domain=DOMAIN
 *   service NAME image=FILE placement=inproc|kernel|process pages=N
 *       [use=NAME,NAME] [device=KIND:INDEX] [client=NAME] [option.KEY=VALUE]...
 *   program NAME image=FILE pages=N [use=NAME,NAME] [main=1] [trace=1]
 *       [arg=WORD]...
 *
 * (Each on one line, words separated by one space.) A value has every byte but
 * letters, digits and -_./,:+=@ as %XX, so it holds no blank; names of services
 * come before those of their users. An import is a service that another domain
 * has.
 */
#ifndef NUNCIO_TOOL_MANIFEST_H
#define NUNCIO_TOOL_MANIFEST_H

#include "system.h"

/* (sys) has passed system_check(); of several domains it is one (split.h). */
void manifest_write(struct system *sys, struct text *out);

#endif /* NUNCIO_TOOL_MANIFEST_H */
