// A SLURM cluster of one node in a folder of its own, without systemd: for proofs.
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./free-port.mjs";
import { installPackages } from "./system-packages.mjs";

const programs = ["munged", "slurmctld", "slurmd", "sbatch", "squeue"];
const isThere = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Whether SLURM is installed; it is installed where the machine is for that. */
export async function hasSlurm() {
  if (!programs.every(isThere)) await installPackages(["slurm-wlm", "munge"]);
  return programs.every(isThere);
}

/** Starts the cluster; `env` makes SLURM's commands use it. Needs root, as its daemons start processes of others. */
export async function startSlurm(folder) {
  const at = (...parts) => join(folder, ...parts);
  for (const name of ["", "etc", "run", "log", "state", "spool"]) {
    mkdirSync(at(name), { recursive: true });
    chmodSync(at(name), name === "log" ? 0o700 : 0o755);
  }
  writeFileSync(at("etc/munge.key"), randomBytes(1024), { mode: 0o400 });
  const node = hostname().split(".")[0];
  const cpus = Math.max(2, availableParallelism());
  const ports = await freePorts(2);
  writeFileSync(at("etc/slurm.conf"), configuration({ folder, node, cpus, ports }));
  const env = { ...process.env, SLURM_CONF: at("etc/slurm.conf") };
  const run = (program, ...args) => execFileSync(program, args, { env, stdio: "ignore" });
  const munge = ["key-file=etc/munge.key", "socket=run/munge.sock", "pid-file=run/munged.pid"];
  munge.push("log-file=log/munged.log", "seed-file=state/munge.seed");
  const stop = () => {
    for (const daemon of ["slurmd", "slurmctld", "munged"]) {
      try {
        process.kill(Number(readFileSync(at(`run/${daemon}.pid`), "utf8")));
      } catch {
        // It never came up, or is gone.
      }
    }
  };
  try {
    run("munged", ...munge.map((option) => `--${option.replace("=", `=${folder}/`)}`));
    run("slurmctld", "-f", at("etc/slurm.conf"), "-c");
    await sleep(1500);
    run("slurmd", "-f", at("etc/slurm.conf"), "-N", node);
    for (let tries = 0; ; tries++) {
      const state = spawnSync("sinfo", ["-h", "-o", "%t"], { env, encoding: "utf8" }).stdout.trim();
      if (state === "idle") return { env, stop };
      if (tries > 360) throw new Error(`the node does not come up: ${state}`);
      await sleep(500);
    }
  } catch (error) {
    stop();
    throw error;
  }
}

function configuration({ folder, node, cpus, ports: [controller, daemon] }) {
  return `ClusterName=proof
SlurmctldHost=${node}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=${controller}
SlurmdPort=${daemon}
AuthType=auth/munge
AuthInfo=socket=${folder}/run/munge.sock,cred_expire=15
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_min_interval=100000
ReturnToService=2
MinJobAge=300
KillWait=5
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/run/slurmctld.pid
SlurmdPidFile=${folder}/run/slurmd.pid
SlurmctldLogFile=${folder}/log/slurmctld.log
SlurmdLogFile=${folder}/log/slurmd.log
NodeName=${node} NodeAddr=127.0.0.1 CPUs=${cpus} RealMemory=1000
PartitionName=main Nodes=${node} Default=YES MaxTime=INFINITE State=UP
`;
}
