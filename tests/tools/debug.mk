tool-tests += debug
tool-debug-cmd := tests/tools/test_debug.sh $(BUILD)
tool-debug-deps := all $(BUILD)/files.img
