# Links (guest-kernel/link) between the kernel core and a peer played by the test.
link-test-srcs = $(addprefix tests/unit/,link_fixture.c link_peer.c) $(kernel-core-srcs)
link-tests := client server strings loss hostile flood ends sweep

unit-tests += $(link-tests:%=link_%)
$(foreach t,$(link-tests),\
    $(eval unit-link_$(t)-srcs := tests/unit/test_link_$(t).c) \
    $(eval unit-link_$(t)-pools := kernel-core link-world) \
    $(eval unit-link_$(t)-cflags = $$(kernel-core-cflags)))
unit-pools += link-world
pool-link-world-srcs := $(addprefix tests/unit/,link_fixture.c link_peer.c)
pool-link-world-cflags = $(kernel-core-cflags)


unit-tests += link_record
unit-link_record-srcs := tests/unit/test_link_record.c guest-kernel/link/record.c
unit-link_record-cflags := -Iguest-kernel -Iguest-kernel/lib

# Two threads, under ThreadSanitizer in place of the others.
unit-tests += link_ring
unit-link_ring-srcs := tests/unit/test_link_ring.c
unit-link_ring-cflags := -Iguest-kernel -fno-sanitize=all -fsanitize=thread -pthread
unit-link_ring-libs := -fno-sanitize=all -fsanitize=thread -pthread
