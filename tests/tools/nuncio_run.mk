# The launcher with a stand-in for QEMU, so that every ending can be had.
tool-tests += nuncio-run
tool-nuncio-run-cmd := tests/tools/test_nuncio_run.py $(BUILD)/nuncio
tool-nuncio-run-deps := $(BUILD)/nuncio
