# Systems of several domains. KILLS, HANGS and CLIENTS: how often in `make check`;
# `make endure` does more.
KILLS ?= 10
HANGS ?= 2
CLIENTS ?= 10
tool-tests += domain-kills domain-clients
domains-deps := $(addprefix $(BUILD)/,nuncio nuncio-kernel nuncio-broker) \
    $(addprefix $(BUILD)/image/,init links store fs block shell)
tool-domain-kills-cmd := tests/domains/test_kills.py $(BUILD) $(KILLS) $(HANGS)
tool-domain-kills-deps := $(domains-deps)
tool-domain-clients-cmd := tests/domains/test_clients.py $(BUILD) $(CLIENTS)
tool-domain-clients-deps := $(domains-deps)

.PHONY: endure
endure: all $(domains-deps)
	tests/domains/test_kills.py $(BUILD) 100 100
	tests/domains/test_clients.py $(BUILD) 100
