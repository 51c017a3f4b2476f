// A thread of a fit that takes a slab and dies with it, as one does when memory runs out.
import { workerData } from "node:worker_threads";

const control = new Int32Array(workerData.memory.buffer, workerData.control, 2);
for (;;) {
  const found = Atomics.load(control, 0);
  if (found > 0 && Atomics.compareExchange(control, 0, found, found - 1) === found) break;
}
process.exit(3);
