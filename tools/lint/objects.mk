# `make lint`: what can be said about the sources without running them.
# Each check is one script; tools/lint/deviations.md holds the exceptions.

lint-scripts := layers sizes text format
lint-build-scripts := headers calls entries tidy cppcheck
lint-args = $(foreach l,$(lint-scripts),'$(l)=tools/lint/$(l).py') \
         $(foreach l,$(lint-build-scripts),'$(l)=tools/lint/$(l).py $(BUILD)') \
         'clang=set -o pipefail; MAKEFLAGS= make -j2 --no-print-directory CC=clang BUILD=$(BUILD)-clang all 2>&1 | grep -v "^  [A-Z]"; exit $${PIPESTATUS[0]}'

# `make check` leaves clang's analyser to `make lint`: it takes ten minutes.
check-lint-args = $(subst tidy.py $(BUILD),tidy.py $(BUILD) --quick,$(lint-args))

.PHONY: lint lint-quick format $(lint-scripts:%=lint-%) \
        $(lint-build-scripts:%=lint-%)

lint: all $(unit-bins) $(fuzz-bins)
	$(Q)$(RUN) --lint $(lint-args)

# Without what takes minutes.
lint-quick: all
	$(Q)$(RUN) --lint $(filter-out 'tidy=% 'cppcheck=% 'clang=%,$(lint-args))

$(lint-scripts:%=lint-%): lint-%:
	$(Q)tools/lint/$*.py

$(lint-build-scripts:%=lint-%): lint-%: all
	$(Q)tools/lint/$*.py $(BUILD)

# Lays out all C files as .clang-format says.
format:
	$(Q)git ls-files -co --exclude-standard '*.c' '*.h' | \
	    xargs clang-format -i
include tools/debug/objects.mk
