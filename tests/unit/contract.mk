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

contract-wire-srcs := tests/unit/contract_wire.c $(contract-try-srcs)
unit-contract_stubs-srcs := tests/unit/test_contract_stubs.c \
                            tests/unit/contract_every.c $(contract-wire-srcs)
unit-contract_replies-srcs := tests/unit/test_contract_replies.c \
                              tests/unit/contract_every.c $(contract-wire-srcs)
unit-contract_order-srcs := tests/unit/test_contract_order.c \
                            $(contract-wire-srcs)
unit-contract_hostile-srcs := tests/unit/test_contract_hostile.c \
                              tests/unit/contract_judge.c $(contract-try-srcs)
unit-contract_random-srcs := tests/unit/test_contract_random.c \
                             tests/unit/contract_judge.c $(contract-try-srcs)
unit-contract_tables-srcs := tests/unit/test_contract_tables.c \
                             $(contract-try)/contract/tables.c

contract-try-tests := contract_stubs contract_replies contract_order \
                      contract_hostile contract_random contract_tables
unit-tests += $(contract-try-tests)
$(foreach t,$(contract-try-tests),\
    $(eval unit-$(t)-cflags := -I$(contract-try))\
    $(eval $(patsubst %.c,$(BUILD)/unit/$(t)/%.o,$(unit-$(t)-srcs)): \
        $(contract-try)/contract/.stamp))
