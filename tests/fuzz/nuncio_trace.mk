fuzz-targets += nuncio_trace
fuzz-nuncio_trace-srcs := tests/fuzz/fuzz_nuncio_trace.c $(nuncio-trace-srcs)
fuzz-nuncio_trace-deps := $(BUILD)/host/gen/tables.o
fuzz-nuncio_trace-libs := $(BUILD)/host/gen/tables.o
