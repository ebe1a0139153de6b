fuzz-targets += virtio
fuzz-virtio-srcs := tests/fuzz/fuzz_virtio.c $(block-under-test)
fuzz-virtio-cflags := $(block-test-cflags)
