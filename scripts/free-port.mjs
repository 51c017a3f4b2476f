// Free TCP ports of this machine.
import { createServer } from "node:net";

/** @returns {Promise<number>} a port that was free a moment ago */
export const freePort = async () => (await freePorts(1))[0];

/** @returns {Promise<number[]>} several of them, all different */
export async function freePorts(count) {
  const probes = await Promise.all(Array.from({ length: count }, listening));
  const ports = probes.map((probe) => probe.address().port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}

function listening() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => resolve(probe));
  });
}
