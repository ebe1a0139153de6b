fuzz-targets += ext4
fuzz-ext4-srcs := tests/fuzz/fuzz_ext4.c tests/ext4/mutate.c \
    tests/unit/ext4_host.c tests/unit/ext4_walk.c $(fs-core-srcs)
fuzz-ext4-cflags := -Idrivers
