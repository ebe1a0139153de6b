# The broker with stand-ins for machines and guests.
tool-tests += broker
tool-broker-cmd := tests/tools/test_broker.py $(BUILD)/nuncio-broker
tool-broker-deps := $(BUILD)/nuncio-broker
