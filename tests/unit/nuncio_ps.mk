unit-tests += nuncio_ps
unit-nuncio_ps-srcs := tests/unit/test_nuncio_ps.c \
    $(addprefix tools/nuncio/,json.c control.c ps_print.c lines.c host.c report.c pool.c)
