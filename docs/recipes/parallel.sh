#!/bin/sh
# Enhances a folder with GNU parallel: parallel.sh IN OUT [WORKERS] [more of what `limpid enhance` takes]
#
# The folder is dealt out in four shares a worker, one worker a core unless told. A share that fails or is killed is
# begun again, up to three times; --resume skips what it had finished, so it is only bad files that are tried again.
# For several machines add --sshloginfile to parallel: all of them must see IN and OUT under the same names.
set -eu
if [ $# -lt 2 ]; then
    echo "usage: parallel.sh IN OUT [WORKERS] [more of what limpid enhance takes]" >&2
    exit 2
fi
in=$1 out=$2
shift 2
case ${1:-} in
'' | 0 | *[!0-9]*) workers=$(nproc) ;;
*) workers=$1 && shift ;;
esac
shares=$((4 * workers))
# parallel counts the first try among its retries.
seq "$shares" | parallel --quote --jobs "$workers" --retries 4 --line-buffer \
    "${LIMPID:-limpid}" enhance "$in" --recursive --out-dir "$out" --resume --jobs 1 --quiet --shard "{}/$shares" "$@"
