# Links (guest-kernel/link) between the kernel core and a peer played by the test.
link-test-srcs = $(addprefix tests/unit/,link_fixture.c link_peer.c) $(kernel-core-srcs)
link-tests := client server strings loss hostile flood ends sweep

unit-tests += $(link-tests:%=link_%)
$(foreach t,$(link-tests),\
    $(eval unit-link_$(t)-srcs = tests/unit/test_link_$(t).c $$(link-test-srcs)) \
    $(eval unit-link_$(t)-cflags = $$(kernel-core-cflags)))


unit-tests += link_record
unit-link_record-srcs := tests/unit/test_link_record.c guest-kernel/link/record.c
unit-link_record-cflags := -Iguest-kernel -Iguest-kernel/lib
