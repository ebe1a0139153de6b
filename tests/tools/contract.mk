# The contract compiler as a command, and the pages made from contracts/.
tool-tests += contract-cli contract-docs
tool-contract-cli-cmd := tests/tools/contract_cli.sh $(contract-bin) \
                         $(BUILD)/try-cli
tool-contract-cli-deps := $(contract-bin)
tool-contract-docs-cmd := tests/tools/contract_docs.sh $(GEN)/contract \
                          docs/contracts
tool-contract-docs-deps := $(GEN)/contract/.stamp
