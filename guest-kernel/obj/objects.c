/* Registration of all kernel objects: obj/objects.h. */
#include <obj/objects.h>

void objects_init(void)
{
    obj_purse_init();
    obj_process_init();
    obj_space_init();
    obj_ipc_init();
    obj_time_init();
    obj_device_init();
    obj_watch_init();
    obj_system_init();
    obj_signal_init();
    obj_domain_init();
    obj_link_init();
}
