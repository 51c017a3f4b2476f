/**
 * The time of processors that work took in this process, in ms: unlike the time that passes, it hardly grows on a busy
 * machine. For bounds far above what the work takes and far below what it would take if it grew with the square of its
 * input.
 */
export function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
