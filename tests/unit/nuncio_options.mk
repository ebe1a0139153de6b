unit-tests += nuncio_options
unit-nuncio_options-srcs := tests/unit/test_nuncio_options.c \
    $(addprefix tools/nuncio/,options.c options_table.c qemu.c words.c report.c pool.c)
