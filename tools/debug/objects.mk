# `make debug`; see tools/debug/README.md.
CONFIG ?= configs/files.conf
EXEC ?=

.PHONY: debug
debug: all $(BUILD)/files.img
	$(Q)tools/debug/debug $(BUILD) '$(CONFIG)' '$(EXEC)'
