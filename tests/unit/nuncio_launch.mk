unit-tests += nuncio_launch
unit-nuncio_launch-srcs := tests/unit/test_nuncio_launch.c \
    $(addprefix tools/nuncio/,qemu.c status.c words.c terminal.c host.c report.c pool.c)
