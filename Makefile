# Nuncio. `make run` boots a file system and a shell; `make check` runs all tests.
# One non-recursive make: each directory's objects.mk adds to the lists below.

BUILD ?= build
CC    ?= gcc
V     ?=
Q     := $(if $(V),,@)
say    = @printf '  %-8s %s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$@)'

GEN := $(BUILD)/gen
INC_COMMON := -Icontracts -I$(GEN)

WARN := -Wall -Wextra -Werror -Wshadow -Wundef -Wvla -Wpointer-arith -Wcast-align \
        -Wcast-qual -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes \
        -Wold-style-definition -Wredundant-decls -Wformat=2 -Wconversion \
        -Wsign-conversion -Wswitch-enum -Wimplicit-fallthrough
WARN_GCC := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wstack-usage=1024
WARN_CLANG := -Wcomma -Wassign-enum -Wframe-larger-than=1024
IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null | head -1))
WARN += $(if $(IS_CLANG),$(WARN_CLANG),$(WARN_GCC))

CBASE := -std=c11 -O2 -g $(WARN) -MMD -MP -fno-common -fno-strict-aliasing \
         -ffile-prefix-map=$(CURDIR)=.
FREESTANDING := -ffreestanding -fno-asynchronous-unwind-tables -ffunction-sections \
         -fdata-sections -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
         -fcf-protection=none -fno-omit-frame-pointer

KERNEL_CFLAGS := $(CBASE) $(FREESTANDING) -DNU_SERVER_ONLY -fno-pic -fno-pie -mcmodel=kernel \
         $(INC_COMMON) -I. -Iguest-kernel -Iguest-kernel/arch/x86 -Iguest-kernel/lib -Idrivers \
         -Icontracts/stub/arch/x86
# Services and programs: position independent, hidden, one thread's registers only.
SERVICE_CFLAGS := $(CBASE) $(FREESTANDING) -fPIC -fvisibility=hidden \
         $(INC_COMMON) -Idrivers -Iguest-kernel/lib -Icontracts/stub/arch/x86
USER_CFLAGS := $(CBASE) $(FREESTANDING) -fPIE -fvisibility=hidden \
         $(INC_COMMON) -Iuser -Iguest-kernel/lib -Icontracts/stub/arch/x86
HOST_CFLAGS := $(CBASE) -D_GNU_SOURCE $(INC_COMMON)

.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all check run clean
all:

contracts := $(sort $(wildcard contracts/*.contract))
contract-names := $(patsubst contracts/%.contract,%,$(contracts))
gen-headers := $(contract-names:%=$(GEN)/contract/%.h) $(GEN)/contract/tables.h

include tools/contract/objects.mk
include tools/nuncio/objects.mk
include hypercall/objects.mk
include hv/kvm/objects.mk
include hv/broker/objects.mk
include guest-kernel/objects.mk
include drivers/objects.mk
include user/objects.mk
include tests/objects.mk
include tools/lint/objects.mk

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
