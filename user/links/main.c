#include "links.h"

#include <contract/domain.h>
#include <contract/purse.h>
#include <contract/timer.h>
#include <nlib/string.h>
#include <user.h>

#include "nodes.h"

#define HEARTBEAT_MS 500u
#define DEAD_MS      3000u
#define TIME_MS_MAX  3600000u
#define STATUS_USAGE 2
/* Work is never due again at once: others run in between. */
#define PAUSE_NS LINKS_MS

static bool read_ms(const char *name, const char *text, uint64_t *ns)
{
    uint64_t ms;

    if (!text_number(text, TIME_MS_MAX, &ms) || ms == 0) {
        rt_log("%s=%s: expected milliseconds", name, text);
        return false;
    }
    *ns = ms * LINKS_MS;
    return true;
}

/* "fs,block": names that peers may open. */
static bool read_exports(char *list)
{
    while (list != NULL) {
        char *comma = strchr(list, ',');

        if (comma != NULL)
            *comma++ = '\0';
        if (!names_add(list)) {
            rt_log("cannot export %s: no such service is outside of this "
                   "process, or there are too many",
                   list);
            return false;
        }
        list = comma;
    }
    return true;
}

/* One KEY=VALUE. */
static bool read_arg(char *arg)
{
    static const char import[] = "import.";
    char *value = strchr(arg, '=');

    if (value == NULL) {
        rt_log("%s: expected KEY=VALUE", arg);
        return false;
    }
    *value++ = '\0';
    if (strcmp(arg, "export") == 0)
        return read_exports(value);
    if (strcmp(arg, "heartbeat_ms") == 0)
        return read_ms(arg, value, &here.heartbeat_ns);
    if (strcmp(arg, "dead_ms") == 0)
        return read_ms(arg, value, &here.dead_ns);
    if (strncmp(arg, import, sizeof(import) - 1) == 0 &&
        import_add(arg + sizeof(import) - 1, value))
        return true;
    rt_log("%s=%s: no such argument, or it cannot be", arg, value);
    return false;
}

/* What we left in the store in an earlier life, and the place for figures. */
static int prepare_store(void)
{
    char path[TEXT_PATH_MAX];
    int status;

    text_path_own(path, here.domid, "/data/nuncio");
    status = node_remove(path);
    text_path_own(path, here.domid, "/data/nuncio/stat");
    return status != 0 ? status : node_make_shared(path, here.domid, 0);
}

static int start(nu_handle_t *timer)
{
    nu_handle_t purse = rt_handle("purse");
    int status = domain_info(rt_handle("domain"), &here.domid, &here.epoch,
                             NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

    if (status == 0)
        status = purse_create_port(purse, &here.port);
    if (status == 0)
        status = purse_create_timer(purse, here.port, badge_of(HAPPENS_TIME, 0),
                                    timer);
    if (status == 0)
        status = import_start();
    if (status == 0)
        status = prepare_store();
    return status;
}

static void happens(uint64_t badge)
{
    enum happening what = (enum happening)(badge >> 32);

    if (what == HAPPENS_IMPORT)
        import_happens((uint32_t)badge);
    else if (what == HAPPENS_STORE || what == HAPPENS_EXPORT)
        export_happens(what, (uint32_t)badge);
}

static int run(nu_handle_t timer)
{
    int status = 0;

    while (status == 0 || status == NU_INTR) {
        struct nu_regs r = {.tag = NU_OP_RECV};
        uint64_t now = rt_now_ns();
        uint64_t next = import_run(now);

        next = sooner(next, export_run(now));
        next = sooner(next, here_run(now));
        now = rt_now_ns();
        if (next != LINKS_NEVER)
            (void)timer_set(timer, next > now ? next : now + PAUSE_NS, 0);
        status = nu_message(here.port, &r);
        if (status == 0 && nu_tag_contract(r.tag) == 0 &&
            nu_tag_ordinal(r.tag) == NU_EVENT_SIGNAL)
            happens(r.badge);
    }
    return status;
}

int main(int argc, char **argv)
{
    nu_handle_t timer = NU_HANDLE_NONE;
    int status;

    import_begin();
    names_begin();
    export_begin();
    here.heartbeat_ns = HEARTBEAT_MS * LINKS_MS;
    here.dead_ns = DEAD_MS * LINKS_MS;
    for (int i = 0; i < argc; i++) {
        if (!read_arg(argv[i]))
            return STATUS_USAGE;
    }
    status = start(&timer);
    if (status != 0) {
        rt_log("cannot start: %s", nu_error_text(status));
        return 1;
    }
    status = run(timer);
    rt_log("cannot go on: %s", nu_error_text(status));
    return 1;
}
