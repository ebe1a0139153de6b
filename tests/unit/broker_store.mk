# The broker's store, with guests that talk to it over their pages.
broker-store-test-srcs := tests/unit/broker_store_guest.c \
    tests/unit/broker_store_audit.c tests/broker/wire.c $(broker-store-srcs)
broker-store-units := $(addprefix broker_store,_ops _perms _watch _transaction \
    _quota _ring _model)
unit-tests += $(broker-store-units)
$(foreach t,$(broker-store-units),$(eval \
    unit-$(t)-srcs := tests/unit/test_$(t).c))
$(foreach t,$(broker-store-units),$(eval unit-$(t)-pools := broker-store))
unit-pools += broker-store
pool-broker-store-srcs = $(broker-store-test-srcs)
unit-broker_store_model-srcs += tests/unit/broker_store_model.c
