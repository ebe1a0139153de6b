/*
 * Manifests of any text. Oracle: no trap; what is refused has a message, what
 * is accepted has a main program, hosts behind their services, and uses that
 * can be found.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <init/manifest.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct manifest m;

static void must(int good)
{
    if (!good) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    uint32_t imports = 0;

    memcpy(text, data, size);
    text[size] = '\0';
    if (!manifest_read(&m, text, size)) {
        must(strncmp(m.error, "manifest:", 9) == 0);
        free(text);
        return 0;
    }
    must(m.unit_count <= MANIFEST_UNITS_MAX && m.main < m.unit_count);
    must(m.units[m.main].is_main);
    for (uint32_t i = 0; i < m.unit_count; i++) {
        const struct unit *u = &m.units[i];

        must(strlen(u->name) <= MANIFEST_NAME_MAX);
        if (u->is_import) {
            must(!u->is_program && !u->is_main && u->use_count == 0);
            must(u->domain != NULL && strlen(u->domain) <= MANIFEST_NAME_MAX);
            must(m.connector < m.unit_count);
            must(m.units[m.connector].is_program);
            imports++;
            continue;
        }
        must(u->pages > 0 && u->image != NULL);
        must(u->placement != PLACE_INPROC ||
             (u->host > i && u->host < m.unit_count));
        for (uint32_t k = 0; k < m.unit_count; k++) {
            bool needs = manifest_depends(&m, u, &m.units[k]);

            /* Later units are needed because of imports only. */
            must(k < i || !needs || imports > 0);
        }
    }
    free(text);
    return 0;
}
