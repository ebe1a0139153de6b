/* A configuration in a directory of its own, for tests of its readers. */
#ifndef TESTS_UNIT_NUNCIO_CONF_FILE_H
#define TESTS_UNIT_NUNCIO_CONF_FILE_H

#include "tools/nuncio/config.h"

/* For cmocka_run_group_tests(): the directory is there in between. */
int conf_set_up(void **state);
int conf_tear_down(void **state);

const char *conf_directory(void);
const char *conf_path(void); /* t.conf in it */

/* Reads (text) as a configuration; the system or NULL. */
struct system *conf_read(const char *text, struct report *report);

/* Fails unless (report) has "t.conf:LINE: error: MESSAGE" (0: any line). */
void conf_assert_told(const struct report *report, unsigned line,
                      const char *message);

#endif /* TESTS_UNIT_NUNCIO_CONF_FILE_H */
