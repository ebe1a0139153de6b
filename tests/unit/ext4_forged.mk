unit-tests += ext4_forged
unit-ext4_forged-srcs := tests/unit/test_ext4_forged.c tests/ext4/mutate.c \
    tests/unit/ext4_host.c tests/unit/ext4_walk.c $(fs-core-srcs)
unit-ext4_forged-cflags := -Idrivers
