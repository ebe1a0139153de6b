# `make bench`: instruction counts beside a Linux guest's, as a table and as
# $(BUILD)/bench.json. `make check` holds Nuncio's against budgets.txt.

bench-args = 'bench-budgets=tests/bench/bench.py --build $(BUILD) --short'

$(BUILD)/bench/linux-init: tests/bench/linux/init.c
	@mkdir -p $(@D)
	$(call say,HOSTCC)
	$(Q)$(CC) $(filter-out -Icontracts -I$(GEN),$(HOST_CFLAGS)) -static $< -o $@

.PHONY: bench
bench: all $(BUILD)/bench/linux-init
	$(Q)tests/bench/bench.py --build $(BUILD)
