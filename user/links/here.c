/* This domain, and what we were told of it: links.h. */
#include "links.h"

#include <contract/domain.h>
#include <contract/purse.h>
#include <nlib/printf.h>
#include <rt/process.h>

#include "nodes.h"

#define TELL_NS     (1000 * LINKS_MS)
#define FIGURES_MAX 200

struct here here;

static uint64_t told_ns;

static int format(char text[FIGURES_MAX])
{
    uint64_t used;
    uint64_t charged;
    uint64_t purse;
    uint64_t objects;
    uint32_t n[4];
    int status = domain_usage(rt_handle("domain"), &used, &charged, &n[0],
                              &n[1], &n[2], &n[3]);

    if (status == 0)
        status = purse_info(rt_handle("purse"), NULL, &purse, NULL, &objects);
    if (status != 0)
        return status;
    nl_snprintf(text, FIGURES_MAX,
                "pages=%lu charged=%lu grants=%u ports=%u links=%u held=%u "
                "purse_pages=%lu purse_objects=%lu",
                (unsigned long)used, (unsigned long)charged, n[0], n[1], n[2],
                n[3], (unsigned long)purse, (unsigned long)objects);
    return 0;
}

/* Also the sign of life that a supervisor waits for. */
uint64_t here_run(uint64_t now)
{
    char path[TEXT_PATH_MAX];
    char text[FIGURES_MAX];

    if (told_ns == 0 || now - told_ns >= TELL_NS) {
        told_ns = now;
        text_path_own(path, here.domid, "/data/nuncio/stat/domain");
        if (format(text) == 0)
            (void)node_write(path, text);
    }
    return told_ns + TELL_NS;
}
