import { Client } from 'pg';
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

/** What was spent on work, all of it together. */
export interface Costs {
  readonly cpuMicros: Readonly<Record<string, number>>;
  readonly walBytes: number;
}

/** CPU time of processes and write-ahead log of the server of `url`, from now to the call of what is returned. */
export async function startMeter(url: string, pids: Readonly<Record<string, number>>): Promise<() => Promise<Costs>> {
  const from = await readWalPosition(url);
  const readCpu = startCpuMeter(pids);
  return async () => {
    const cpuMicros = readCpu();
    return { cpuMicros, walBytes: (await readWalPosition(url)) - from };
  };
}

/** Both per unit, as a measurement has them. */
export function costsPer(costs: Costs, units: number): Costs {
  return { cpuMicros: perUnit(costs.cpuMicros, units), walBytes: costs.walBytes / units };
}

/** Bytes of write-ahead log that a server has ever written. */
export async function readWalPosition(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ bytes: string }>(
      "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS bytes",
    );
    return Number(rows[0]?.bytes);
  } finally {
    await client.end();
  }
}
