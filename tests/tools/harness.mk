tool-tests += harness
tool-harness-cmd := tests/tools/test_harness.py
