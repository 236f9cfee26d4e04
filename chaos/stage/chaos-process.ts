import type { LocalKafka } from '@orderflow/local/kafka';
import type { ServiceProcess } from '@orderflow/local/platform/service-process';
import type { LocalPostgres } from '@orderflow/local/postgres';
import type { Kept } from './keeper.ts';

/** A process that can be struck and is kept running. */
export interface ChaosProcess extends Kept {
  kill(signal: NodeJS.Signals): void;
}

export function chaosProcessOf(service: ServiceProcess): ChaosProcess {
  return {
    name: service.name,
    get exited() {
      return service.process.exited;
    },
    restart: () => service.restart(),
    kill: (signal) => service.kill(signal),
  };
}

/** A database server or broker. */
export function chaosStoreOf(name: string, store: LocalKafka | LocalPostgres): ChaosProcess {
  return {
    name,
    get exited() {
      return store.exited;
    },
    restart: () => store.restart(),
    kill: (signal) => store.kill(signal),
  };
}
