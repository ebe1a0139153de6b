#include "xml_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *xml_absolute(struct pool *pool, const char *path,
                         struct report *report)
{
    char *found = realpath(path, NULL);
    const char *copy;

    if (found == NULL) {
        report_error(report, NULL, 0, "%s: %s", path, strerror(errno));
        return NULL;
    }
    copy = pool_strdup(pool, found);
    free(found);
    return copy;
}

static struct xml_disk describe_disk(struct pool *pool, const struct disk *disk,
                                     struct report *report)
{
    struct stat status;

    return (struct xml_disk){
        .name = disk->name,
        .path = xml_absolute(pool, disk->image, report),
        .format = disk->format,
        .is_device = stat(disk->image, &status) == 0 && S_ISBLK(status.st_mode),
        .writable = disk->writable,
    };
}

bool xml_describe(const struct qemu_plan *plan, struct xml_domain *domain,
                  struct report *report)
{
    struct pool *pool = &plan->sys->pool;
    unsigned before = report->errors;

    *domain = (struct xml_domain){
        .accel = plan->accel,
        .machine = plan->machine,
        .memory_mib = plan->sys->memory_mib,
        .kernel = xml_absolute(pool, plan->kernel, report),
        .archive = xml_absolute(pool, plan->archive, report),
        .line = pool_format(pool, "log=%x panic=0x%x%s%s%s", QEMU_PORT_LOG,
                            XML_PORT_PANIC,
                            plan->trace != NULL ? " trace=0x4e9" : "",
                            plan->append != NULL ? " " : "",
                            plan->append != NULL ? plan->append : ""),
        .broker = plan->broker,
        .disk_count = plan->sys->disk_count,
    };
    for (size_t i = 0; i < plan->sys->disk_count; i++)
        domain->disks[i] = describe_disk(pool, &plan->sys->disks[i], report);
    return report->errors == before;
}
