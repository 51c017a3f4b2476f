// A PostgreSQL server of one's own in a scratch folder, reached by a socket only; for proofs.
import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { installPackages } from "./system-packages.mjs";

const installed = "/usr/lib/postgresql";
const port = 5432;

/** The folder of PostgreSQL's programs; installed where the machine is for that. */
export async function findPostgres() {
  if (programs() === undefined) await installPackages(["postgresql"]);
  return programs();
}

function programs() {
  const versions = existsSync(installed) ? readdirSync(installed) : [];
  return versions.map((version) => join(installed, version, "bin")).find((path) => existsSync(join(path, "initdb")));
}

/** Starts a server with one database. */
export function startPostgres(bin, folder, database) {
  const data = join(folder, "postgres");
  mkdirSync(data, { recursive: true });
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? "postgres" : undefined;
  if (user !== undefined) chownSync(data, idOf(user), idOf(user, 3));
  const run = (program, ...args) => {
    const words = [join(bin, program), ...args];
    const [command, ...rest] = user === undefined ? words : ["runuser", "-u", user, "--", ...words];
    const { status, stderr } = spawnSync(command, rest, { encoding: "utf8", cwd: "/" });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  };
  run("initdb", "--auth=trust", "--username=postgres", "--pgdata", join(data, "data"), "--no-sync");
  const options = `-k ${data} -p ${port} -c listen_addresses= -c fsync=off`;
  run("pg_ctl", "start", "--wait", "--pgdata", join(data, "data"), "--log", join(data, "log"), "-o", options);
  const stop = () => run("pg_ctl", "stop", "--pgdata", join(data, "data"), "--mode", "immediate");
  run("createdb", "-h", data, "-p", String(port), "-U", "postgres", database);
  return { host: data, port, user: "postgres", database, stop };
}

function idOf(user, field = 2) {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${user}:`));
  return Number(line.split(":")[field]);
}
