tool-tests += lint
tool-lint-cmd := tests/tools/test_lint.py
