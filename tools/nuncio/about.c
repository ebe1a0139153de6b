#include "about.h"

#include <string.h>
#include <time.h>

uint64_t about_now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void about_write(const struct rundir *dir, const char *name,
                 const struct about *about)
{
    const struct domain *domain = about->domain;
    const struct system *part = domain->part;
    struct text text = {0};

    text_printf(
        &text, "kind %s\npid %d\nrestarts %u\nsince %llu\nmemory_mib %u\n",
        domain->is_main ? "main" : "driver", (int)about->pid, about->restarts,
        (unsigned long long)about->since, part->memory_mib);
    for (size_t i = 0; i < part->service_count; i++) {
        const struct service *service = &part->services[i];

        text_printf(&text, "service %s %s%s\n", service->name,
                    placement_name(service->placement),
                    system_uses(&domain->exports, service->name) ? " exported"
                                                                 : "");
    }
    for (size_t i = 0; i < part->import_count; i++)
        text_printf(&text, "import %s %s\n", part->imports[i].name,
                    part->imports[i].domain);
    for (size_t i = 0; i < part->program_count; i++)
        text_printf(&text, "program %s\n", part->programs[i].name);
    rundir_write_about(dir, name, &text);
    text_free(&text);
}
