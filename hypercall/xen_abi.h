/*
 * Xen's public headers, at one interface version, for all of the project.
 *
 * __XEN_TOOLS__ stays undefined (it adds the control operations of dom0). The
 * guest handles of the ABI are plain pointers here.
 */
#ifndef NUNCIO_HYPERCALL_XEN_ABI_H
#define NUNCIO_HYPERCALL_XEN_ABI_H

#include <stddef.h>
#include <stdint.h>

#define __XEN_INTERFACE_VERSION__ 0x00040d00

#include <xen/xen.h>

#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/io/xs_wire.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/version.h>

#endif /* NUNCIO_HYPERCALL_XEN_ABI_H */
