services += block
service-block-srcs := $(addprefix drivers/block/,service.c blk.c blk_start.c \
    virtqueue.c pool.c transport.c pci.c mmio.c)
service-block-gen := block
