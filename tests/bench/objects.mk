# `make bench`: instruction counts beside a Linux guest's, as a table and as
# $(BUILD)/bench.json. `make check` holds Nuncio's against budgets.txt.

bench-args = 'bench-budgets=tests/bench/bench.py --build $(BUILD) --short'

# Programs for the Linux guests; linux-disk for the one with the disk, ...
bench-linux := $(addprefix $(BUILD)/bench/linux-,disk shared)
$(bench-linux): $(BUILD)/bench/linux-%: tests/bench/linux/%.c tests/bench/linux/common.c \
    tests/bench/linux/common.h
	@mkdir -p $(@D)
	$(call say,HOSTCC)
	$(Q)$(CC) $(filter-out -Icontracts -I$(GEN) -MMD -MP,$(HOST_CFLAGS)) -static \
	    $(filter %.c,$^) -o $@

# The hand-over of a link's ring between two threads.
$(BUILD)/host/bench-ring: tests/bench/bench_ring.c tests/bench/ring_pair.h \
    guest-kernel/link/ring_slots.h guest-kernel/link/wire.h $(GEN)/contract/.stamp
	@mkdir -p $(@D)
	$(call say,HOSTCC)
	$(Q)$(CC) $(filter-out -MMD -MP,$(HOST_CFLAGS)) -Iguest-kernel -Iguest-kernel/lib \
	    $< -o $@ -pthread

.PHONY: bench
bench: all $(bench-linux) $(BUILD)/host/bench-ring
	$(Q)tests/bench/bench.py --build $(BUILD)
