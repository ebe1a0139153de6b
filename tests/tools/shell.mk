# An image of the test's own: what it types depends on the names in it.
$(BUILD)/test/shell.img: tests/boot/make-files
	@mkdir -p $(@D)
	$(call say,IMAGE)
	$(Q)$< $@

tool-tests += shell
tool-shell-cmd := tests/tools/test_shell.py $(BUILD)
tool-shell-deps := all $(BUILD)/test/shell.img
