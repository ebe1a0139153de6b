# Domains that are played by programs, beside a real driver domain:
# tests/domains/link_guest.h. DEATHS: clients that die in `make check`.
DEATHS ?= 1000
peer-cflags := -DNU_SERVER_ONLY -I. -Iguest-kernel -Iguest-kernel/lib \
    -Icontracts/stub/arch/fake
peer-objs := $(addprefix $(BUILD)/tests/domains/,link_guest.o link_guest_calls.o) \
    $(BUILD)/tests/domains/guest-kernel/link/record.o $(broker-guest-objs)

$(BUILD)/tests/domains/%.o: tests/domains/%.c $(gen-headers)
	$(call say,HOSTCC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(peer-cflags) -c -o $@ $<

$(BUILD)/tests/domains/guest-kernel/%.o: guest-kernel/%.c
	$(call say,HOSTCC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(peer-cflags) -c -o $@ $<

$(BUILD)/test/link-%: $(BUILD)/tests/domains/test_link_%.o $(peer-objs)
	$(call say,HOSTLD)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^

tool-tests += domain-deaths
tool-domain-deaths-cmd := tests/domains/test_deaths.py $(BUILD) $(DEATHS)
tool-domain-deaths-deps := $(domains-deps) $(BUILD)/test/link-clients

$(BUILD)/test/link-hostile: $(addprefix $(BUILD)/tests/domains/,hostile_records.o \
    hostile_store.o)
tool-tests += domain-hostile
tool-domain-hostile-cmd := tests/domains/test_hostile.py $(BUILD) 20
tool-domain-hostile-deps := $(domains-deps) $(BUILD)/test/link-hostile
