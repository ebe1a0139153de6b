# Hostile pages of several domains. The first byte of each command says what.
fuzz-targets += broker_store
fuzz-broker_store-srcs := tests/fuzz/fuzz_broker_store.c \
    tests/unit/broker_store_audit.c $(broker-store-srcs)
fuzz-broker_store-seconds := 60
