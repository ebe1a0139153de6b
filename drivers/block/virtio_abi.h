/*
 * Layouts and numbers of virtio, as far as a block driver needs them: foreign,
 * fixed, little-endian.
 *
 * Spec: OASIS "Virtual I/O Device (VIRTIO) Version 1.2"; sections named below.
 * Tags: [DRV] written by the driver, [DEV] written by the device.
 */
#ifndef DRIVERS_BLOCK_VIRTIO_ABI_H
#define DRIVERS_BLOCK_VIRTIO_ABI_H

#include <stddef.h>
#include <stdint.h>

/* 2.1 Device status field. */
#define VIRTIO_STATUS_ACKNOWLEDGE 0x01u
#define VIRTIO_STATUS_DRIVER      0x02u
#define VIRTIO_STATUS_DRIVER_OK   0x04u
#define VIRTIO_STATUS_FEATURES_OK 0x08u
#define VIRTIO_STATUS_NEEDS_RESET 0x40u
#define VIRTIO_STATUS_FAILED      0x80u

/* 6 Reserved feature bits. */
#define VIRTIO_F_VERSION_1 (1ull << 32)

/* 2.7.5 The descriptor table. */
#define VIRTQ_DESC_F_NEXT  0x1u
#define VIRTQ_DESC_F_WRITE 0x2u /* by the device */

struct virtq_desc { /* [DRV] */
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};

/* 2.7.6 The available ring: this, then uint16_t heads[size]. */
struct virtq_avail { /* [DRV] */
    uint16_t flags;
    uint16_t idx;
};

/* 2.7.8 The used ring: this, then the elements. */
#define VIRTQ_USED_F_NO_NOTIFY 0x1u

struct virtq_used { /* [DEV] */
    uint16_t flags;
    uint16_t idx;
};

struct virtq_used_elem { /* [DEV] */
    uint32_t id; /* head of the chain */
    uint32_t len; /* bytes the device wrote to it */
};

_Static_assert(sizeof(struct virtq_desc) == 16, "2.7.5");
_Static_assert(sizeof(struct virtq_avail) == 4, "2.7.6");
_Static_assert(sizeof(struct virtq_used) == 4, "2.7.8");
_Static_assert(sizeof(struct virtq_used_elem) == 8, "2.7.8");

/* 2.7 Alignments of the three parts; a queue has at most 32,768 entries. */
#define VIRTQ_DESC_ALIGN  16u
#define VIRTQ_AVAIL_ALIGN 2u
#define VIRTQ_USED_ALIGN  4u

/* 4.1.2 PCI device discovery. */
#define VIRTIO_PCI_VENDOR         0x1af4u
#define VIRTIO_PCI_MODERN_BASE    0x1040u /* plus the device id of section 5 */
#define VIRTIO_PCI_TRANSITION_BLK 0x1001u

/* PCI Local Bus 3.0, 6.1: configuration space. */
#define PCI_COMMAND            0x04u
#define PCI_COMMAND_MEMORY     0x0002u
#define PCI_COMMAND_BUS_MASTER 0x0004u
#define PCI_STATUS             0x06u
#define PCI_STATUS_CAP_LIST    0x0010u
#define PCI_CAP_POINTER        0x34u
#define PCI_CAP_FIRST          0x40u /* none may lie before it */
#define PCI_CAP_ID_VENDOR      0x09u
#define PCI_CONFIG_BYTES       256u
#define PCI_BARS               6u

/* 4.1.4 Virtio structure PCI capabilities: offsets within the capability. */
#define VIRTIO_PCI_CAP_ID       0u
#define VIRTIO_PCI_CAP_NEXT     1u
#define VIRTIO_PCI_CAP_LEN      2u
#define VIRTIO_PCI_CAP_TYPE     3u
#define VIRTIO_PCI_CAP_BAR      4u
#define VIRTIO_PCI_CAP_OFFSET   8u
#define VIRTIO_PCI_CAP_LENGTH   12u
#define VIRTIO_PCI_CAP_BYTES    16u
#define VIRTIO_PCI_NOTIFY_MULT  16u /* 4.1.4.4 */
#define VIRTIO_PCI_NOTIFY_BYTES 20u

enum virtio_pci_cap_type {
    VIRTIO_PCI_CAP_COMMON = 1,
    VIRTIO_PCI_CAP_NOTIFY = 2,
    VIRTIO_PCI_CAP_ISR = 3,
    VIRTIO_PCI_CAP_DEVICE = 4,
};

/* 4.1.4.3 Common configuration structure. */
struct virtio_pci_common {
    uint32_t device_feature_select; /* [DRV] */
    uint32_t device_feature; /* [DEV] */
    uint32_t driver_feature_select; /* [DRV] */
    uint32_t driver_feature; /* [DRV] */
    uint16_t config_msix_vector; /* [DRV] */
    uint16_t num_queues; /* [DEV] */
    uint8_t device_status; /* [DRV, DEV] */
    uint8_t config_generation; /* [DEV] */
    uint16_t queue_select; /* [DRV] */
    uint16_t queue_size; /* [DRV, DEV] */
    uint16_t queue_msix_vector; /* [DRV] */
    uint16_t queue_enable; /* [DRV] */
    uint16_t queue_notify_off; /* [DEV] */
    uint64_t queue_desc; /* [DRV] as two halves: 4.1.3.1 */
    uint64_t queue_driver; /* [DRV] */
    uint64_t queue_device; /* [DRV] */
};

_Static_assert(offsetof(struct virtio_pci_common, device_status) == 20, "");
_Static_assert(offsetof(struct virtio_pci_common, queue_size) == 24, "");
_Static_assert(offsetof(struct virtio_pci_common, queue_desc) == 32, "");
_Static_assert(sizeof(struct virtio_pci_common) == 56, "4.1.4.3");

/* 4.1.5.1.2 No MSI-X message for this event. */
#define VIRTIO_MSI_NO_VECTOR 0xffffu

/* 4.2.2 MMIO device register layout. */
#define VIRTIO_MMIO_MAGIC            0x000u
#define VIRTIO_MMIO_VERSION          0x004u
#define VIRTIO_MMIO_DEVICE_ID        0x008u
#define VIRTIO_MMIO_DEVICE_FEATURES  0x010u
#define VIRTIO_MMIO_DEVICE_FEAT_SEL  0x014u
#define VIRTIO_MMIO_DRIVER_FEATURES  0x020u
#define VIRTIO_MMIO_DRIVER_FEAT_SEL  0x024u
#define VIRTIO_MMIO_QUEUE_SEL        0x030u
#define VIRTIO_MMIO_QUEUE_NUM_MAX    0x034u
#define VIRTIO_MMIO_QUEUE_NUM        0x038u
#define VIRTIO_MMIO_QUEUE_READY      0x044u
#define VIRTIO_MMIO_QUEUE_NOTIFY     0x050u
#define VIRTIO_MMIO_INTERRUPT_STATUS 0x060u
#define VIRTIO_MMIO_INTERRUPT_ACK    0x064u
#define VIRTIO_MMIO_STATUS           0x070u
#define VIRTIO_MMIO_QUEUE_DESC       0x080u /* low, then high half */
#define VIRTIO_MMIO_QUEUE_DRIVER     0x090u
#define VIRTIO_MMIO_QUEUE_DEVICE     0x0a0u
#define VIRTIO_MMIO_GENERATION       0x0fcu
#define VIRTIO_MMIO_CONFIG           0x100u
#define VIRTIO_MMIO_MAGIC_VALUE      0x74726976u /* "virt" */
#define VIRTIO_MMIO_VERSION_LEGACY   1u
#define VIRTIO_MMIO_VERSION_MODERN   2u

/* 4.1.4.5 and 4.2.2: bits of the interrupt status. */
#define VIRTIO_INTERRUPT_QUEUE  0x1u
#define VIRTIO_INTERRUPT_CONFIG 0x2u

/* 5 Device types; 5.2.3 feature bits of a block device. */
#define VIRTIO_ID_BLOCK       2u
#define VIRTIO_BLK_F_SIZE_MAX (1ull << 1)
#define VIRTIO_BLK_F_SEG_MAX  (1ull << 2)
#define VIRTIO_BLK_F_RO       (1ull << 5)

/* 5.2.4 Device configuration layout, as far as it is read. */
struct virtio_blk_config { /* [DEV] */
    uint64_t capacity; /* sectors of 512 bytes, always */
    uint32_t size_max;
    uint32_t seg_max;
};
_Static_assert(sizeof(struct virtio_blk_config) == 16, "5.2.4");

/* 5.2.6 Device operation: this, the data, then one byte of status [DEV]. */
#define VIRTIO_BLK_T_IN 0u

struct virtio_blk_header { /* [DRV] */
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};
_Static_assert(sizeof(struct virtio_blk_header) == 16, "5.2.6");

#define VIRTIO_BLK_S_OK     0u
#define VIRTIO_BLK_S_IOERR  1u
#define VIRTIO_BLK_S_UNSUPP 2u

#endif /* DRIVERS_BLOCK_VIRTIO_ABI_H */
