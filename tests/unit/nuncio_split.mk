unit-tests += nuncio_split nuncio_split_mistakes
nuncio-split-srcs := $(nuncio-config-srcs) \
    $(addprefix tools/nuncio/,split.c split_part.c manifest.c)
unit-nuncio_split-srcs := tests/unit/test_nuncio_split.c $(nuncio-split-srcs)
unit-nuncio_split-libs := -lconfig
unit-nuncio_split_mistakes-srcs := tests/unit/test_nuncio_split_mistakes.c \
    $(nuncio-split-srcs)
unit-nuncio_split_mistakes-libs := -lconfig
