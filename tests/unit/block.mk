unit-tests += block block_limits block_hostile

# The driver over a model of the device: window.h is replaced, nothing else.
block-under-test := $(addprefix drivers/block/,service.c blk.c blk_start.c \
    virtqueue.c pool.c transport.c pci.c mmio.c) \
    $(addprefix tests/unit/,virtio_model.c virtio_model_queue.c \
    virtio_model_bus.c block_console_svc.c block_client.c) \
    $(addprefix $(GEN)/contract/,block_dispatch.c device_dispatch.c \
    interrupt_dispatch.c)
block-test-cflags := -Itests/unit/virtio_fake -Idrivers -Itests/unit

unit-block-srcs := tests/unit/test_block.c $(block-under-test)
unit-block-cflags := $(block-test-cflags)
unit-block_limits-srcs := tests/unit/test_block_limits.c $(block-under-test)
unit-block_limits-cflags := $(block-test-cflags)
unit-block_hostile-srcs := tests/unit/test_block_hostile.c $(block-under-test)
unit-block_hostile-cflags := $(block-test-cflags)
