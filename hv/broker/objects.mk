# The broker: a host program. Its parts are listed once, for the tests, too.
broker-store-srcs := $(sort $(wildcard hv/broker/store*.c))
broker-parts := connection control control_socket copy deadman domain event guest_memory handover \
                life log mailbox ready report rounds sandbox vhost vhost_ring wire
broker-srcs := $(broker-parts:%=hv/broker/%.c) $(broker-store-srcs)
broker-objs := $(patsubst %.c,$(BUILD)/host/%.o,$(broker-srcs) hv/broker/main.c)

all: $(BUILD)/nuncio-broker

$(BUILD)/nuncio-broker: $(broker-objs)
	$(call say,HOSTLD)
	$(Q)$(CC) -o $@ $^ -lseccomp

$(BUILD)/host/hv/broker/%.o: hv/broker/%.c
	$(call say,HOSTCC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -I. -c -o $@ $<
