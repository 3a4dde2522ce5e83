#!/bin/sh
# The program in a workflow that `act` runs: `act` reads what a step prints beside it, and no further once it has ended.
"$SLS_RELEASE_TEST_BIN" "$@"
code=$?
sleep 0.5
exit $code
