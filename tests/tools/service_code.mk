# A service is compiled once: its code is the same wherever it is placed.
tool-tests += service-code
tool-service-code-cmd := tests/tools/service_code.py $(BUILD) $(services)
tool-service-code-deps := $(services:%=$(BUILD)/image/%) \
    $(BUILD)/nuncio-kernel
