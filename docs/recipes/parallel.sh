#!/bin/sh
# Enhances a folder with GNU parallel: parallel.sh IN OUT [WORKERS] [more of what `limpid enhance` takes]
#
# The folder is dealt out in four shares a worker. A share that fails or is killed is begun again, up to three
# times; --resume skips what it had finished. For several machines add --sshloginfile to parallel: all of them must
# see IN and OUT under the same names.
set -eu
in=$1 out=$2 workers=${3:-$(nproc)}
shift; shift; [ $# -eq 0 ] || shift
shares=$((4 * workers))
seq "$shares" | parallel --quote --jobs "$workers" --retries 3 --line-buffer \
    "${LIMPID:-limpid}" enhance "$in" --recursive --out-dir "$out" --resume --jobs 1 --quiet --shard "{}/$shares" "$@"
