/* Contract `signal`. */
#include <obj/kobject.h>
#include <obj/obj_signal.h>
#include <obj/objects.h>

#include <contract/signal.h>

struct signal {
    struct object object;
    struct notice notice;
};

static void signal_destroy(struct object *object)
{
    struct signal *signal = (struct signal *)object;

    notice_unbind(&signal->notice);
    purse_object_free(signal);
}

struct object *signal_create(struct purse *purse, struct port *port,
                             uint64_t badge)
{
    struct signal *signal = purse_object_alloc(purse, sizeof(*signal));

    if (signal == NULL)
        return NULL;
    object_init(&signal->object, OBJECT_SIGNAL);
    notice_bind(&signal->notice, NU_EVENT_SIGNAL, port, badge);
    return &signal->object;
}

static int signal_raise_serve(void *self, struct nu_serve *call)
{
    struct signal *signal = self;

    (void)call;
    notice_post(&signal->notice);
    return 0;
}

static const struct signal_ops signal_ops = {.raise = signal_raise_serve};

static uint64_t dispatch_signal(struct object *object, struct nu_serve *call)
{
    return signal_dispatch(&signal_ops, object, call);
}

void obj_signal_init(void)
{
    kobject_serve(OBJECT_SIGNAL, dispatch_signal);
    object_set_destroy(OBJECT_SIGNAL, signal_destroy);
}
