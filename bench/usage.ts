import { measureProcessTree } from '@orderflow/local/platform/process-usage';

/** CPU time that processes have used, with everything below them, from now to each call; nothing outside Linux. */
export function startCpuMeter(pids: Readonly<Record<string, number>>): () => Record<string, number> {
  const before = readCpuMicros(pids);
  return () => {
    const after = readCpuMicros(pids);
    return Object.fromEntries(
      Object.entries(after).flatMap(([name, micros]) => {
        const from = before[name];
        return from === undefined ? [] : [[name, micros - from]];
      }),
    );
  };
}

function readCpuMicros(pids: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(pids).flatMap(([name, pid]) => {
      const usage = measureProcessTree(pid);
      return usage === undefined ? [] : [[name, usage.cpuMicros]];
    }),
  );
}

/** Each amount per unit. */
export function perUnit(amounts: Readonly<Record<string, number>>, units: number): Record<string, number> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount / units]));
}
