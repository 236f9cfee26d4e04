import type { LocalKafka } from '../kafka.ts';
import type { LocalPostgres } from '../postgres.ts';
import type { ServiceProcess } from './service-process.ts';

export const ORDERS_DATABASE = 'orders';
export const ANALYTICS_DATABASE = 'analytics';

/** Where everything is; the form of `.local/endpoints.json`. */
export interface Endpoints {
  readonly gateway: string;
  /** Base URL of the auditor's `/verdict`; undefined when nobody watches. */
  readonly auditor?: string | undefined;
  /** The page to look at; undefined when there is none. */
  readonly console?: string | undefined;
  /** Base URL of `/metrics`, `/healthz` and `/readyz` by process. */
  readonly admin: Readonly<Record<string, string>>;
  readonly ordersDatabaseUrl: string;
  readonly analyticsDatabaseUrl: string;
  readonly kafkaBootstrapServers: string;
}

/** The servers that keep everything. */
export interface Stores {
  readonly postgres: LocalPostgres;
  readonly kafka: LocalKafka;
}

/** The services that have a URL of their own. */
export interface Doors {
  readonly gateway: ServiceProcess;
  readonly auditor: ServiceProcess | undefined;
  readonly page: ServiceProcess | undefined;
}

export function endpointsOf(
  { postgres, kafka }: Stores,
  { gateway, auditor, page }: Doors,
  all: readonly ServiceProcess[],
): Endpoints {
  return {
    gateway: gateway.url,
    auditor: auditor?.url,
    console: page?.url,
    admin: Object.fromEntries(all.map(({ name, adminUrl }) => [name, adminUrl])),
    ordersDatabaseUrl: postgres.url(ORDERS_DATABASE),
    analyticsDatabaseUrl: postgres.url(ANALYTICS_DATABASE),
    kafkaBootstrapServers: kafka.bootstrapServers,
  };
}
