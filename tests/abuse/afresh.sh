#!/bin/bash
# Runs a test that makes a folder, without what a run before it has left there when it failed.
# usage: afresh.sh TEST FOLDER ARGUMENT...
set -euo pipefail

rm -rf "$2"
exec "$@"
