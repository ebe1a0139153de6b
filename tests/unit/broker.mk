# The broker, with memory behind memfds and messages as a front-end sends them.
broker-units := $(addprefix broker_,memory vhost copy event mailbox control)
unit-tests += $(broker-units)
$(foreach t,$(broker-units),$(eval \
    unit-$(t)-srcs := tests/unit/test_$(t).c))
$(foreach t,$(broker-units),$(eval unit-$(t)-pools := broker))
unit-pools += broker
pool-broker-srcs = tests/unit/broker_fixture.c $(broker-srcs)
$(foreach t,$(broker-units),$(eval unit-$(t)-libs := -lseccomp))

# Two threads, under ThreadSanitizer in place of the others.
unit-tests += broker_handover
unit-broker_handover-srcs := tests/unit/test_broker_handover.c hv/broker/handover.c
unit-broker_handover-cflags := -fno-sanitize=all -fsanitize=thread -pthread
unit-broker_handover-libs := -fno-sanitize=all -fsanitize=thread -pthread

# The same at the processor's own speed.
unit-tests += broker_order
unit-broker_order-srcs := tests/unit/test_broker_order.c hv/broker/handover.c
unit-broker_order-cflags := -fno-sanitize=all -pthread
unit-broker_order-libs := -pthread
