#include "nuncio_conf_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/nuncio-config.XXXXXX";
static char config_path[64];

int conf_set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    (void)snprintf(config_path, sizeof(config_path), "%s/t.conf", directory);
    return 0;
}

int conf_tear_down(void **state)
{
    (void)state;
    (void)unlink(config_path);
    return rmdir(directory);
}

const char *conf_directory(void)
{
    return directory;
}

const char *conf_path(void)
{
    return config_path;
}

struct system *conf_read(const char *text, struct report *report)
{
    FILE *file = fopen(config_path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return config_read_system(config_path, "BUILD", report);
}

void conf_assert_told(const struct report *report, unsigned line,
                      const char *message)
{
    struct text wanted = {0};

    if (line != 0)
        text_printf(&wanted, "%s:%u: error: %s", config_path, line, message);
    else
        text_printf(&wanted, "error: %s", message);
    if (strstr(text_string(&report->text), text_string(&wanted)) == NULL)
        fail_msg("no \"%s\" in:\n%s", text_string(&wanted),
                 text_string(&report->text));
    text_free(&wanted);
}
