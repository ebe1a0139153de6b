# The broker with stand-ins for machines and guests.
tool-tests += broker
tool-broker-cmd := tests/tools/test_broker.py $(BUILD)/nuncio-broker
tool-broker-deps := $(BUILD)/nuncio-broker

# The broker with QEMU itself.
tool-tests += broker-qemu
tool-broker-qemu-cmd := tests/tools/test_broker_qemu.py $(BUILD)/nuncio-broker
tool-broker-qemu-deps := $(BUILD)/nuncio-broker
