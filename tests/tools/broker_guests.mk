# The broker with guests that are programs: tests/broker/guest.h.
broker-guest-srcs := $(addprefix tests/broker/,guest.c guest_vhost.c guest_store.c \
    system.c wire.c)
broker-guest-objs := $(broker-guest-srcs:%.c=$(BUILD)/%.o)
broker-guest-tests := grants events death flood

$(BUILD)/tests/broker/%.o: tests/broker/%.c
	$(call say,HOSTCC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -I. -c -o $@ $<

$(BUILD)/test/broker-%: $(BUILD)/tests/broker/test_%.o $(broker-guest-objs)
	$(call say,HOSTLD)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ -lcmocka -lpthread

$(foreach t,$(broker-guest-tests),$(eval tool-tests += broker-$(t))\
    $(eval tool-broker-$(t)-cmd := $(BUILD)/test/broker-$(t) $(BUILD)/nuncio-broker)\
    $(eval tool-broker-$(t)-deps := $(BUILD)/test/broker-$(t) $(BUILD)/nuncio-broker))
