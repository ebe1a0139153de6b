tool-tests += broker-start
tool-broker-start-cmd := tests/tools/test_broker_start.py $(BUILD)/nuncio-broker
tool-broker-start-deps := $(BUILD)/nuncio-broker
