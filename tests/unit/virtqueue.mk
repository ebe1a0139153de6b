unit-tests += virtqueue
unit-virtqueue-srcs := tests/unit/test_virtqueue.c \
    $(addprefix drivers/block/,virtqueue.c pool.c)
unit-virtqueue-cflags := -Idrivers
