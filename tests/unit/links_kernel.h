/*
 * The kernel objects of links_host.h.
 */
#ifndef TESTS_UNIT_LINKS_KERNEL_H
#define TESTS_UNIT_LINKS_KERNEL_H

#include <stub/serve.h>

#define HOST_STORE  0x10u
#define HOST_DOMAIN 0x11u
#define HOST_PURSE  0x12u
#define HOST_SELF   0x13u
#define HOST_PORT   0x14u

void links_kernel_begin(void);
/* A message to (handle). */
uint64_t links_kernel_dispatch(nu_handle_t handle, struct nu_serve *s);

#endif /* TESTS_UNIT_LINKS_KERNEL_H */
