#!/usr/bin/env bash
# Runs a command on a Slurm of one node on loopback, started for it and stopped after it. Needs root, slurm-wlm, munge.
set -euo pipefail
state=$(mktemp -d -t prismake-slurm.XXXXXX)
host=$(hostname -s)
memory=$(($(awk '/MemTotal/ {print $2}' /proc/meminfo) / 1280))
stop() {
  local name
  for name in slurmd slurmctld munged; do
    if [ -f "$state/$name.pid" ]; then kill "$(cat "$state/$name.pid")" 2>/dev/null || true; fi
  done
  rm -f /etc/slurm/slurm.conf
}
trap stop EXIT
chmod 755 "$state"
mkdir -p /etc/slurm /run/munge "$state/control" "$state/node"
chown munge:munge /run/munge
if ! munge -n >/dev/null 2>&1; then
  runuser -u munge -- munged --pid-file=/run/munge/prismake.pid --log-file=/run/munge/prismake.log --seed-file=/run/munge/prismake.seed
  ln -s /run/munge/prismake.pid "$state/munged.pid"
fi
# Jobs of the plugin lose SLURM_CONF, so the file must stand where Slurm looks for it.
cat >/etc/slurm/slurm.conf <<CONF
# made by prismake's tests
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_min_interval=200000,batch_sched_delay=0
ReturnToService=2
MinJobAge=3600
KillWait=5
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$state/control
SlurmdSpoolDir=$state/node
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld -i
slurmd -N "$host"
for _ in $(seq 50); do
  if sinfo -h -o %T 2>/dev/null | grep -q idle; then break; fi
  sleep 0.2
done
"$@"
