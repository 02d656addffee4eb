#!/bin/bash
# All C files are as clang-format has them (`make format` mends it). usage: format.sh
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/../.."
scripts/list-files.sh c | xargs -d '\n' -P "$(nproc)" -n 40 clang-format --dry-run -Werror
