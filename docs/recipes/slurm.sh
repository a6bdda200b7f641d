#!/bin/sh
# Enhances a folder with a Slurm array: sbatch --array=1-32 slurm.sh IN OUT [more of what `limpid enhance` takes]
#
# Task I does the share I of 32. A task whose node fails is queued again and skips what it had finished. To do some
# tasks once more, say of how many shares they are: SHARES=32 sbatch --array=3,17 slurm.sh IN OUT
#SBATCH --job-name=limpid
#SBATCH --cpus-per-task=4
#SBATCH --mem=1G
#SBATCH --requeue
set -eu
if [ $# -lt 2 ]; then
    echo "usage: sbatch --array=1-N slurm.sh IN OUT [more of what limpid enhance takes]" >&2
    exit 2
fi
in=$1 out=$2
shift 2
exec "${LIMPID:-limpid}" enhance "$in" --recursive --out-dir "$out" --resume --quiet \
    --jobs "$SLURM_CPUS_PER_TASK" --shard "$SLURM_ARRAY_TASK_ID/${SHARES:-$SLURM_ARRAY_TASK_COUNT}" "$@"
