nuncio-config-srcs := tests/unit/nuncio_conf_file.c \
    $(addprefix tools/nuncio/,config.c config_fields.c system.c \
    system_check.c words.c report.c pool.c)
unit-tests += nuncio_config nuncio_mistakes
unit-nuncio_config-srcs := tests/unit/test_nuncio_config.c $(nuncio-config-srcs)
unit-nuncio_config-libs := -lconfig
unit-nuncio_mistakes-srcs := tests/unit/test_nuncio_mistakes.c \
    $(nuncio-config-srcs)
unit-nuncio_mistakes-libs := -lconfig
