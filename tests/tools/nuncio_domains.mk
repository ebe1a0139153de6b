# Systems of several domains with stand-ins for QEMU and the broker.
tool-tests += nuncio-domains
tool-nuncio-domains-cmd := tests/tools/test_nuncio_domains.py $(BUILD)/nuncio
tool-nuncio-domains-deps := $(BUILD)/nuncio
