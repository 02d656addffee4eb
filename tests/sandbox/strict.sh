#!/bin/sh
# The monitor in the strictest sandbox: in the place of uhyve, for the scripts of other tests.
exec "$STAGE/bin/uhyve" --file-isolation strict "$@"
