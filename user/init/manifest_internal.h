/*
 * Shared by the two files that read the manifest: manifest.c takes the text
 * apart, manifest_check.c looks at the whole.
 */
#ifndef NUNCIO_USER_INIT_MANIFEST_INTERNAL_H
#define NUNCIO_USER_INIT_MANIFEST_INTERNAL_H

#include "manifest.h"

/* Says in (m) what is wrong in line (line), 0: in none. Returns false. */
bool manifest_fail(struct manifest *m, uint32_t line, const char *what,
                   const char *value);

/* Units have their words; do they fit together? False: see (error). */
bool manifest_check(struct manifest *m);

#endif /* NUNCIO_USER_INIT_MANIFEST_INTERNAL_H */
