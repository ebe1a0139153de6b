# The last bytes of a terminal whose reader is slow.
tool-tests += serial-end
tool-serial-end-cmd := tests/tools/test_serial_end.py $(BUILD)
tool-serial-end-deps := $(addprefix $(BUILD)/,nuncio nuncio-kernel image/init image/shell)
