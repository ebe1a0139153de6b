/*
 * All kernel objects: one function for each file of obj/, which registers what
 * it serves, and objects_init(), which calls them.
 */
#ifndef NUNCIO_OBJ_OBJECTS_H
#define NUNCIO_OBJ_OBJECTS_H

void objects_init(void);

void obj_purse_init(void);
void obj_process_init(void);
void obj_space_init(void);
void obj_ipc_init(void);
void obj_time_init(void);
void obj_device_init(void);
void obj_watch_init(void);
void obj_system_init(void);
void obj_signal_init(void);
void obj_domain_init(void);
void obj_link_init(void);

#endif /* NUNCIO_OBJ_OBJECTS_H */
