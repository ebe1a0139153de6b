/*
 * What stands around the service fs in its tests: the generated stubs end in
 * nu_message() here, which hands the message to the object behind the handle, or
 * to a disk that speaks the contract block over an image.
 */
#ifndef TESTS_UNIT_FS_SERVICE_HOST_H
#define TESTS_UNIT_FS_SERVICE_HOST_H

#include <tests/unit/ext4_host.h>

#define DISK_HANDLE 1u
#define ROOT_HANDLE 2u
#define OBJECTS_MAX 16u
#define BYTES_MAX   (64u << 10) /* that the disk reads at once */

extern const struct service fs_service;

extern struct svc_object *objects[OBJECTS_MAX]; /* by handle */
extern struct image image;
extern const char *cache_option;
extern uint32_t give_fails; /* svc_give() number so many fails */
extern uint32_t disk_busy; /* calls that get BUSY */
extern uint32_t sectors_largest; /* that were asked for in one call */

/* As the runtime does when no client holds the object any more. */
void close_handle(nu_handle_t h);

#endif /* TESTS_UNIT_FS_SERVICE_HOST_H */
