unit-tests += ext4
unit-ext4-srcs := tests/unit/test_ext4.c tests/unit/ext4_host.c \
    tests/unit/ext4_walk.c $(fs-core-srcs)
unit-ext4-cflags := -Idrivers
