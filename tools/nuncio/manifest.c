#include "manifest.h"

#include <string.h>

static void add_value(struct text *out, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-_./,:+=@";

    for (const char *p = value; *p != '\0'; p++) {
        if (strchr(plain, *p) != NULL)
            text_add(out, p, 1);
        else
            text_printf(out, "%%%02X", (unsigned)(unsigned char)*p);
    }
}

static void add_word(struct text *out, const char *key, const char *value)
{
    text_printf(out, " %s=", key);
    add_value(out, value);
}

static void add_uses(struct text *out, const struct strings *uses)
{
    for (size_t i = 0; i < uses->count; i++)
        text_printf(out, "%s%s", i == 0 ? " use=" : ",", uses->items[i]);
}

static void add_service(struct system *sys, const struct service *service,
                        struct text *out)
{
    text_printf(out, "service %s", service->name);
    add_word(out, "image", service->image);
    add_word(out, "placement", placement_name(service->placement));
    text_printf(out, " pages=%u", service->pages);
    add_uses(out, &service->uses);
    if (service->has_serial)
        text_puts(out, " device=serial:0");
    if (service->disk != NULL)
        text_printf(out, " device=virtio-blk:%d",
                    system_disk(sys, service->disk));
    if (service->client != NULL)
        add_word(out, "client", service->client);
    for (size_t i = 0; i < service->option_count; i++) {
        text_printf(out, " option.%s=", service->options[i].key);
        add_value(out, service->options[i].value);
    }
    text_puts(out, "\n");
}

static void add_program(const struct program *program, struct text *out)
{
    text_printf(out, "program %s", program->name);
    add_word(out, "image", program->image);
    text_printf(out, " pages=%u", program->pages);
    add_uses(out, &program->uses);
    if (program->is_main)
        text_puts(out, " main=1");
    if (program->traced)
        text_puts(out, " trace=1");
    for (size_t i = 0; i < program->args.count; i++)
        add_word(out, "arg", program->args.items[i]);
    text_puts(out, "\n");
}

/* Are all services that (service) uses written? */
static bool is_ready(struct system *sys, const struct service *service,
                     const bool *written)
{
    for (size_t i = 0; i < service->uses.count; i++) {
        struct service *used = system_service(sys, service->uses.items[i]);

        if (used != NULL && !written[used - sys->services])
            return false;
    }
    return true;
}

void manifest_write(struct system *sys, struct text *out)
{
    bool written[SYSTEM_UNITS_ROOM] = {false};
    bool progress = true;

    for (size_t i = 0; i < sys->import_count; i++)
        text_printf(out, "import %s domain=%s\n", sys->imports[i].name,
                    sys->imports[i].domain);

    /* There is no circle, so each round writes one at least. */
    while (progress) {
        progress = false;
        for (size_t i = 0; i < sys->service_count; i++) {
            if (written[i] || !is_ready(sys, &sys->services[i], written))
                continue;
            add_service(sys, &sys->services[i], out);
            written[i] = true;
            progress = true;
        }
    }
    for (size_t i = 0; i < sys->program_count; i++)
        add_program(&sys->programs[i], out);
}
