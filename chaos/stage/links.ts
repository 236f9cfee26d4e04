import { freePort } from '@orderflow/local/ports';
import type { PlatformOptions } from '@orderflow/local/platform/platform';
import { startTcpProxy, type TcpProxy } from '@orderflow/local/tcp-proxy';
import type { LinkName } from '../strike.ts';

type StoreLink = Exclude<LinkName, 'clients to gateway'>;

/** The proxies between services and stores, and what a platform must be told to go through them. */
export interface StoreLinks extends AsyncDisposable {
  readonly proxies: Readonly<Record<StoreLink, TcpProxy>>;
  readonly platform: Required<Pick<PlatformOptions, 'stores' | 'through'>>;
}

/** They stand before the platform starts, since Kafka has to advertise the port of its proxy. */
export async function startStoreLinks(): Promise<StoreLinks> {
  await using stack = new AsyncDisposableStack();
  const start = async (targetPort: number): Promise<TcpProxy> => {
    const proxy = await startTcpProxy({ targetPort });
    stack.defer(() => proxy.close());
    return proxy;
  };
  const postgresPort = await freePort();
  const kafkaPort = await freePort();
  const proxies = {
    'order service to Postgres': await start(postgresPort),
    'processors to Postgres': await start(postgresPort),
    'all to Kafka': await start(kafkaPort),
  };
  const advertisedPort = proxies['all to Kafka'].port;
  const opened = stack.move();
  return {
    proxies,
    platform: {
      stores: { postgres: { port: postgresPort }, kafka: { proxied: { port: kafkaPort, advertisedPort } } },
      through: {
        orders: proxies['order service to Postgres'].port,
        analytics: proxies['processors to Postgres'].port,
        kafka: advertisedPort,
      },
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
