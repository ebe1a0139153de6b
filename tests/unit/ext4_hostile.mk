unit-tests += ext4_hostile
unit-ext4_hostile-srcs := tests/unit/test_ext4_hostile.c \
    tests/unit/ext4_host.c tests/unit/ext4_walk.c tests/ext4/mutate.c \
    $(fs-core-srcs)
unit-ext4_hostile-cflags := -Idrivers
