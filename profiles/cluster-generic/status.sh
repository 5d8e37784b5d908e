#!/bin/sh
# The state of one Slurm job, as Snakemake asks for it: running, success or failed.
state=$(scontrol show job -o "$1" 2>/dev/null | sed -n 's/.* JobState=\([A-Z_]*\).*/\1/p')
if [ -z "$state" ]; then   # forgotten by the controller: ask the accounts
  state=$(sacct -X -n -o State -j "$1" 2>/dev/null | head -n 1 | tr -d ' ')
fi
case $state in
  COMPLETED) echo success ;;
  PENDING | CONFIGURING | RUNNING | COMPLETING | SUSPENDED | REQUEUED | RESIZING) echo running ;;
  *) echo failed ;;
esac
