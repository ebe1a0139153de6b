nuncio-trace-srcs := $(addprefix tools/nuncio/,trace_read.c trace_match.c \
    trace_values.c trace_text.c trace_json.c trace_perfetto.c json.c report.c pool.c)
unit-tests += nuncio_trace
unit-nuncio_trace-srcs := tests/unit/test_nuncio_trace.c \
    tests/unit/nuncio_trace_file.c $(nuncio-trace-srcs)
unit-nuncio_trace-deps := $(BUILD)/host/gen/tables.o
unit-nuncio_trace-libs := $(BUILD)/host/gen/tables.o
