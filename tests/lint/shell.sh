#!/bin/bash
# All shell scripts pass shellcheck. usage: shell.sh
#
# Off: SC2016 sees a mistake in each quoted dollar, SC2015 in each `a && b || fail`.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/../.."
scripts/list-files.sh shell | xargs -d '\n' shellcheck -x -P SCRIPTDIR -e SC2015,SC2016
