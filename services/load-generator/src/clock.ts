/** Milliseconds of a clock that never steps. */
export function monotonicNowMs(): number {
  return performance.now();
}

/** User and system CPU time of this process so far, in microseconds. */
export function processCpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
