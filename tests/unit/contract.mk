# The contract compiler: what it refuses, how it lays out messages, and what it
# makes of the contracts in tests/contracts.
contract-test-parts := $(filter-out emit%,$(contract-parts))
contract-test-srcs := $(contract-test-parts:%=tools/contract/%.c) \
                      $(contract-work)/parser.tab.c $(contract-work)/lexer.c
contract-test-cflags := -Itools/contract -I$(contract-work) $(contract-relax)

unit-tests += contract_check contract_layout

unit-contract_check-srcs := tests/unit/test_contract_check.c \
                            $(contract-test-srcs)
unit-contract_check-cflags := $(contract-test-cflags)
unit-contract_layout-srcs := tests/unit/test_contract_layout.c \
                             $(contract-test-srcs)
unit-contract_layout-cflags := $(contract-test-cflags)

# The test contracts, compiled; not beside the real ones.
contract-try := $(BUILD)/try
contract-try-in := $(sort $(wildcard tests/contracts/*.contract))
contract-try-names := $(patsubst tests/contracts/%.contract,%,$(contract-try-in))
contract-try-srcs := $(contract-try-names:%=$(contract-try)/contract/%_dispatch.c)

$(contract-try)/contract/.stamp: $(contract-bin) $(contract-try-in)
	@mkdir -p $(@D)
	$(Q)$(contract-bin) -o $(@D) $(contract-try-in)
	@touch $@

$(contract-try-srcs) $(contract-try)/contract/tables.c: \
    $(contract-try)/contract/.stamp ;

unit-contract_stubs-srcs := tests/unit/test_contract_stubs.c \
                            tests/unit/contract_wire.c $(contract-try-srcs)
unit-contract_stubs-cflags := -I$(contract-try)
unit-contract_hostile-srcs := tests/unit/test_contract_hostile.c \
                              $(contract-try-srcs)
unit-contract_hostile-cflags := -I$(contract-try)
unit-contract_tables-srcs := tests/unit/test_contract_tables.c \
                             $(contract-try)/contract/tables.c
unit-contract_tables-cflags := -I$(contract-try)

$(foreach t,stubs hostile tables,\
    $(BUILD)/unit/contract_$(t)/tests/unit/test_contract_$(t).o) \
$(BUILD)/unit/contract_stubs/tests/unit/contract_wire.o: \
    $(contract-try)/contract/.stamp
