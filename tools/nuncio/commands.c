#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "host.h"
#include "split.h"
#include "status.h"
#include "words.h"

static const char *find_build_dir(const struct options *options,
                                  struct pool *pool)
{
    const char *dir = options->build_dir;

    if (dir == NULL)
        dir = getenv("NUNCIO_BUILD");
    if (dir == NULL || dir[0] == '\0')
        dir = host_build_dir(pool);
    return dir != NULL ? pool_strdup(pool, dir) : "build";
}

struct system *command_read_system(const struct options *options,
                                   const char **build_dir,
                                   struct report *report)
{
    struct pool pool = {0};
    const char *dir = find_build_dir(options, &pool);
    struct system *sys = config_read_system(options->operand, dir, report);
    const char *images;

    if (sys == NULL) {
        pool_free(&pool);
        return NULL;
    }
    *build_dir = pool_strdup(&sys->pool, dir);
    pool_free(&pool);
    images = pool_format(&sys->pool, "%s/image", *build_dir);
    for (size_t i = 0; i < options->places.count; i++)
        system_place(sys, options->places.items[i], report);
    for (size_t i = 0; i < options->disks.count; i++)
        system_set_disk(sys, options->disks.items[i], report);
    if (options->exec != NULL)
        system_exec(sys, options->exec, images, report);
    (void)system_check(sys, report);
    /* Who joins a system has nothing to do with the disks of others. */
    if ((options->command == COMMAND_RUN && options->system_dir == NULL) ||
        options->command == COMMAND_UP || options->command == COMMAND_XML)
        system_check_disks(sys, report);
    if (report->errors == 0)
        return sys;
    system_free(sys);
    return NULL;
}

enum accel command_choose_accel(const struct options *options,
                                struct report *report)
{
    const char *why = NULL;

    if (options->accel == CHOOSE_TCG || options->icount)
        return ACCEL_TCG;
    if (host_has_kvm(&why))
        return ACCEL_KVM;
    if (options->accel == CHOOSE_KVM)
        report_error(report, NULL, 0, "--accel kvm: %s", why);
    else if (options->verbose)
        (void)fprintf(stderr, "nuncio: emulating the processor: %s\n", why);
    return ACCEL_TCG;
}

static void list_uses(const struct strings *uses)
{
    for (size_t i = 0; i < uses->count; i++)
        printf("%s%s", i == 0 ? "  uses " : ", ", uses->items[i]);
    printf("\n");
}

static void list_service(const struct service *service)
{
    printf("  %-12s %s%s%s", service->name, placement_name(service->placement),
           service->client != NULL ? " in " : "",
           service->client != NULL ? service->client : "");
    printf("  %u pages", service->pages);
    if (service->disk != NULL)
        printf("  disk %s", service->disk);
    if (service->has_serial)
        printf("  serial:0");
    list_uses(&service->uses);
}

static void list_program(const struct program *program)
{
    struct text words = {0};

    for (size_t i = 0; i < program->args.count; i++) {
        text_puts(&words, " ");
        words_quote(&words, program->args.items[i]);
    }
    printf("  %-12s image %s%s%s  %u pages", program->name, program->image,
           text_string(&words), program->is_main ? "  main" : "",
           program->pages);
    list_uses(&program->uses);
    text_free(&words);
}

static void list_domain(const struct system *sys)
{
    printf("disks\n");
    for (size_t i = 0; i < sys->disk_count; i++)
        printf("  %-12s %s (%s%s)\n", sys->disks[i].name, sys->disks[i].image,
               sys->disks[i].format == DISK_QCOW2 ? "qcow2" : "raw",
               sys->disks[i].writable ? ", writable" : "");
    if (sys->import_count > 0)
        printf("imports\n");
    for (size_t i = 0; i < sys->import_count; i++)
        printf("  %-12s from domain %s\n", sys->imports[i].name,
               sys->imports[i].domain);
    printf("services\n");
    for (size_t i = 0; i < sys->service_count; i++)
        list_service(&sys->services[i]);
    printf("programs\n");
    for (size_t i = 0; i < sys->program_count; i++)
        list_program(&sys->programs[i]);
}

int command_list(const struct options *options, struct report *report)
{
    const char *build_dir;
    struct system *sys = command_read_system(options, &build_dir, report);
    struct domains domains;

    if (sys == NULL)
        return STATUS_LAUNCHER;
    if (domains_split(sys, &domains, report)) {
        for (size_t i = 0; i < domains.count; i++) {
            const struct domain *domain = &domains.items[i];

            printf("%s%s %s, %u MiB\n", i == 0 ? "" : "\n",
                   domains.count == 1 ? "system" : "domain", domain->name,
                   domain->part->memory_mib);
            list_domain(domain->part);
        }
        domains_free(&domains);
    }
    system_free(sys);
    return report->errors == 0 ? 0 : STATUS_LAUNCHER;
}
