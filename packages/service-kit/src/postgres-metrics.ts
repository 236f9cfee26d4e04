import { Gauge, type Registry } from './metrics.ts';

/** What a pool tells about itself; that of `pg` does. */
export interface WatchedPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max: number };
}

/** Metrics of a process's connection pools, read when somebody scrapes. */
export interface PoolMetrics {
  /** `name` is the label `pool`. */
  watch(name: string, pool: WatchedPool): void;
}

export function createPoolMetrics(registry: Registry): PoolMetrics {
  const pools = new Map<string, WatchedPool>();
  const gauge = (
    description: { readonly name: string; readonly help: string },
    read: (pool: WatchedPool) => number,
  ): Gauge<'pool'> =>
    new Gauge({
      ...description,
      labelNames: ['pool'],
      registers: [registry],
      collect() {
        for (const [name, pool] of pools) this.set({ pool: name }, read(pool));
      },
    });
  gauge({ name: 'postgres_pool_connections', help: 'Open connections.' }, ({ totalCount }) => totalCount);
  gauge({ name: 'postgres_pool_connections_idle', help: 'Open connections without work.' }, (pool) => pool.idleCount);
  gauge({ name: 'postgres_pool_connections_max', help: 'Connections that may be open.' }, ({ options }) => options.max);
  gauge({ name: 'postgres_pool_waiting', help: 'Queries that wait for a connection.' }, (pool) => pool.waitingCount);
  return { watch: (name, pool) => void pools.set(name, pool) };
}
