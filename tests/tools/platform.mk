include tests/boot/platform/objects.mk

tool-tests += platform
tool-platform-cmd := tests/boot/platform/run.py $(BUILD)/test/platform-kernel
tool-platform-deps := $(BUILD)/test/platform-kernel

tool-tests += platform_pair
tool-platform_pair-cmd := tests/boot/platform/pair.py $(BUILD)/test/platform-kernel $(BUILD)/nuncio-broker
tool-platform_pair-deps := $(BUILD)/test/platform-kernel $(BUILD)/nuncio-broker
