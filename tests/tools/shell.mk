tool-tests += shell
tool-shell-cmd := tests/tools/test_shell.py $(BUILD)
tool-shell-deps := all $(BUILD)/files.img
