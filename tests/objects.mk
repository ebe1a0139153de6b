# Tests. Each test is declared in a small fragment beside its source:
#
#   tests/unit/NAME.mk    unit-tests += NAME
#                         unit-NAME-srcs := tests/unit/test_NAME.c ...
#                         unit-NAME-cflags, unit-NAME-libs, unit-NAME-deps
#                         unit-NAME-pools := POOL ...
#                         unit-pools += POOL; pool-POOL-srcs, pool-POOL-cflags:
#                         compiled once, and linked to all tests that name it
#   tests/fuzz/NAME.mk    fuzz-targets += NAME
#                         fuzz-NAME-srcs := tests/fuzz/fuzz_NAME.c ...
#                         fuzz-NAME-cflags, fuzz-NAME-libs, fuzz-NAME-deps
#                         fuzz-NAME-seconds: how long in `make check`, where a
#                         hostile machine is on the other side
#   tests/tools/NAME.mk   tool-tests += NAME
#                         tool-NAME-cmd := a command; status 77 means skipped
#                         tool-NAME-deps := what must be built before
#
# The sources under test are the real ones, compiled anew for every program with
# the sanitizers, into $(BUILD)/unit/NAME/ and $(BUILD)/fuzz/NAME/.

unit-tests :=
unit-pools :=
fuzz-targets :=
tool-tests :=
include $(sort $(wildcard tests/unit/*.mk))
include $(sort $(wildcard tests/fuzz/*.mk))
include $(sort $(wildcard tests/tools/*.mk))

FUZZ_SECONDS ?= 30
CHECK_FUZZ_SECONDS ?= 5
FUZZ_CC ?= clang
RUN := PYTHONDONTWRITEBYTECODE=1 python3 tests/harness/run.py --build $(BUILD)

# The sanitizers enlarge frames, so the stack limits hold for real builds only.
TEST_CFLAGS := $(filter-out -O2 -Wstack-usage=% -Wframe-larger-than=%,\
         $(HOST_CFLAGS)) -O1 -fno-omit-frame-pointer -Wno-unused-parameter \
         -fsanitize=address,undefined -fno-sanitize-recover=all \
         -I. -Iguest-kernel/lib -Icontracts/stub/arch/fake
FUZZ_CFLAGS := $(filter-out $(WARN_GCC),$(TEST_CFLAGS)) \
         $(filter-out -Wframe-larger-than=%,$(WARN_CLANG)) \
         -Wno-missing-prototypes -fsanitize=fuzzer

# $(1) kind, $(2) name: objects of one program.
test-objs = $(patsubst %.c,$(BUILD)/$(1)/$(2)/%.o,$($(1)-$(2)-srcs))

# $(1) pool: its objects.
pool-objs = $(patsubst %.c,$(BUILD)/unit/pool-$(1)/%.o,$(pool-$(1)-srcs))
# $(1) kind, $(2) name: objects of the pools it uses.
test-pool-objs = $(foreach p,$($(1)-$(2)-pools),$(call pool-objs,$(p)))

define test-pool
$(call pool-objs,$(1)): $(BUILD)/unit/pool-$(1)/%.o: %.c $(GEN)/contract/.stamp
	@mkdir -p $$(@D)
	$$(Q)$(CC) $(TEST_CFLAGS) $(pool-$(1)-cflags) -c $$< -o $$@
endef

$(foreach p,$(unit-pools),$(eval $(call test-pool,$(p))))

# $(1) kind, $(2) name, $(3) compiler, $(4) flags, $(5) libraries
define test-program
$(BUILD)/$(1)/$(2)/test: $(call test-objs,$(1),$(2)) \
    $(call test-pool-objs,$(1),$(2)) $($(1)-$(2)-deps)
	$$(call say,$(1))
	$$(Q)$(3) $(4) $(call test-objs,$(1),$(2)) $(call test-pool-objs,$(1),$(2)) \
	    -o $$@ $($(1)-$(2)-libs) $(5)
$(call test-objs,$(1),$(2)): $(BUILD)/$(1)/$(2)/%.o: %.c $(GEN)/contract/.stamp
	@mkdir -p $$(@D)
	$$(Q)$(3) $(4) $($(1)-$(2)-cflags) -c $$< -o $$@
endef

$(foreach t,$(unit-tests),$(eval \
    $(call test-program,unit,$(t),$(CC),$(TEST_CFLAGS),-lcmocka)))
$(foreach t,$(fuzz-targets),$(eval \
    $(call test-program,fuzz,$(t),$(FUZZ_CC),$(FUZZ_CFLAGS),)))

unit-bins := $(unit-tests:%=$(BUILD)/unit/%/test)
fuzz-bins := $(fuzz-targets:%=$(BUILD)/fuzz/%/test)
tool-args = $(foreach t,$(tool-tests),'$(t)=$(tool-$(t)-cmd)')
tool-deps := $(foreach t,$(tool-tests),$(tool-$(t)-deps))

.PHONY: unit fuzz-smoke tool-tests $(unit-tests:%=unit-%) \
        $(fuzz-targets:%=fuzz-%)

unit: $(unit-bins)
	$(Q)$(RUN) --unit '$(unit-tests)'

# One program, with cmocka's own output.
$(unit-tests:%=unit-%): unit-%: $(BUILD)/unit/%/test
	$(Q)timeout -k 2 300 $<

fuzz-smoke: $(fuzz-bins)
	$(Q)$(RUN) --fuzz '$(fuzz-targets)' --fuzz-seconds $(FUZZ_SECONDS)

# One target, for FUZZ_SECONDS, with libFuzzer's own output. What it finds worth
# keeping goes to the build directory, not into the checked-in corpus.
$(fuzz-targets:%=fuzz-%): fuzz-%: $(BUILD)/fuzz/%/test
	@mkdir -p $(BUILD)/fuzz/$*/found tests/fuzz/corpus/$*
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) \
	    -artifact_prefix=$(BUILD)/fuzz/$*/ $(BUILD)/fuzz/$*/found \
	    tests/fuzz/corpus/$*

tool-tests: $(tool-deps)
	$(Q)$(RUN) --tool $(tool-args)

include tests/bench/objects.mk

# Boot tests; BOOT='boot/sum*' runs only those whose id matches.
.PHONY: boot rows check-fast
boot: all
	$(Q)$(RUN) --boot $(foreach b,$(BOOT),'$(b)')

# Everything. The last line says how many passed, failed and were skipped.
check: all $(unit-bins) $(fuzz-bins) $(tool-deps)
	$(Q)$(RUN) --unit '$(unit-tests)' --lint $(check-lint-args) \
	    --tool $(tool-args) $(bench-args) \
	    --fuzz '$(foreach f,$(fuzz-targets),$(f)$(if $(fuzz-$(f)-seconds),:$(fuzz-$(f)-seconds)))' \
	    --fuzz-seconds $(CHECK_FUZZ_SECONDS) \
	    --boot --rows --json $(BUILD)/results.json

# What takes seconds, while working.
check-fast: all $(unit-bins) $(tool-deps)
	$(Q)$(RUN) --unit '$(unit-tests)' --tool $(tool-args)

# docs/rows.md from tests/rows.txt and the last `make check`.
rows:
	$(Q)tools/rows/rows.py $(BUILD)
