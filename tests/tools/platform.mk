include tests/boot/platform/objects.mk

tool-tests += platform
tool-platform-cmd := tests/boot/platform/run.py $(BUILD)/test/platform-kernel
tool-platform-deps := $(BUILD)/test/platform-kernel
