unit-tests += ext4_super
unit-ext4_super-srcs := tests/unit/test_ext4_super.c \
    tests/unit/ext4_host.c tests/unit/ext4_walk.c $(fs-core-srcs)
unit-ext4_super-cflags := -Idrivers
