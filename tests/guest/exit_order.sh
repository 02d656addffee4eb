#!/bin/bash
# What runs before and after main(), and which output comes out at the end.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

before=$'constructor 201\nconstructor 202\nconstructor\n'
registered=$'atexit registered second\natexit nested\natexit registered first\n'
destructors=$'destructor 202\ndestructor 201\n'

expect --stdout "${before}main
no newline at the end$registered$destructors" "$uhyve" "$PROGRAMS/exit_order"
nested=$(for ((i = 0; i < 100; i++)); do echo "atexit nested"; done)
expect --stdout "${before}main
no newline at the end$nested
$registered$destructors" "$uhyve" "$PROGRAMS/exit_order" many

# No flush, no functions, no destructors.
expect --status 3 "$uhyve" "$PROGRAMS/exit_order" _exit
expect --status 4 --stdout "${before}mainat_quick_exit
" "$uhyve" "$PROGRAMS/exit_order" quick_exit
