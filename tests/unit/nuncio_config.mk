unit-tests += nuncio_config
unit-nuncio_config-srcs := tests/unit/test_nuncio_config.c \
    $(addprefix tools/nuncio/,config.c system.c system_check.c words.c report.c pool.c)
unit-nuncio_config-libs := -lconfig
