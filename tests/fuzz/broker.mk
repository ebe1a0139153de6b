fuzz-targets += broker_vhost broker_mailbox
fuzz-broker_vhost-srcs := tests/fuzz/fuzz_broker_vhost.c \
    $(addprefix hv/broker/,vhost.c vhost_ring.c wire.c guest_memory.c)
fuzz-broker_mailbox-srcs := tests/fuzz/fuzz_broker_mailbox.c tests/unit/broker_fixture.c \
    $(broker-srcs)
fuzz-broker_mailbox-libs := -lcmocka -lseccomp
fuzz-broker_vhost-seconds := 60
fuzz-broker_mailbox-seconds := 60
