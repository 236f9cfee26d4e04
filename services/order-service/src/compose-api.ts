import { systemClock } from '@orderflow/service-kit/clock';
import { createHttpMetrics } from '@orderflow/service-kit/http-metrics';
import { HttpServer } from '@orderflow/service-kit/http-server';
import type { Lifecycle } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import type { Registry } from '@orderflow/service-kit/metrics';
import type { Pool } from '@orderflow/service-kit/postgres';
import { runBatch, type TracedBatch } from '@orderflow/service-kit/telemetry/tracing';
import { parseSampledTraceparent } from '@orderflow/service-kit/trace-context';
import type { OrderServiceConfig } from './config.ts';
import type { NewOrder } from './domain/order.ts';
import { createOrderApi } from './http/app.ts';
import { OrderIntake } from './intake/order-intake.ts';
import { createIntakeMetrics } from './metrics.ts';
import { createKeyExpiry } from './store/expire-keys.ts';
import { insertOrders } from './store/insert-orders.ts';
import { moveOrder } from './store/move-order.ts';
import { listOrders, readOrder, readOrderDetail, type OrderFilter } from './store/read-orders.ts';
import { transitionOrder, type TransitionPorts, type TransitionRequest } from './transition-order.ts';
import { createWarmUp } from './warm-up.ts';

export interface ApiParts {
  readonly config: OrderServiceConfig;
  readonly pool: Pool;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** Connects the HTTP API with the intake and the store, and adds them to the process. */
export function composeApi(app: Lifecycle, parts: ApiParts): HttpServer {
  const { config, pool, registry, logger } = parts;
  const intake = createIntake(parts);
  const options = { maxBodyBytes: config.MAX_BODY_BYTES };
  const ports = {
    placement: intake,
    listOrders: (filter: OrderFilter) => listOrders(pool, filter),
    readOrder: (orderId: string) => readOrderDetail(pool, orderId),
    transition: (request: TransitionRequest) => transitionOrder(transitionPorts(pool), request),
    metrics: createHttpMetrics(registry),
    logger,
  };
  app.use(createWarmUp({ ports, options, insertNothing: () => insertOrders(pool, []), lanes: config.INTAKE_LANES }));
  app.use(createKeyExpiry(pool, { ttlHours: config.IDEMPOTENCY_KEY_TTL_HOURS, logger }));
  app.use(intake);
  return app.use(
    new HttpServer({
      name: 'order-api',
      host: config.HTTP_HOST,
      port: config.HTTP_PORT,
      handler: createOrderApi(ports, options),
      callerTrace: 'continue',
    }),
  );
}

function createIntake({ config, pool, registry }: ApiParts): OrderIntake {
  const metrics = createIntakeMetrics(registry, () => intake.depth);
  const policy = {
    groupSize: config.INTAKE_GROUP_SIZE,
    lingerMs: config.INTAKE_LINGER_MS,
    lanes: config.INTAKE_LANES,
    queueLimit: config.INTAKE_QUEUE_LIMIT,
    retryForMs: config.INTAKE_RETRY_MS,
  };
  const intake = new OrderIntake(policy, {
    insert: (group) => runBatch(tracedGroup(group), () => insertOrders(pool, group)),
    onGroup: (size) => {
      metrics.accepted.inc(size);
      metrics.groupSize.observe(size);
    },
    clock: systemClock,
  });
  return intake;
}

function tracedGroup(group: readonly NewOrder[]): TracedBatch<NewOrder> {
  return {
    name: 'insert orders',
    items: group,
    traceOf: ({ event }) => parseSampledTraceparent(event.traceparent, event.tracestate),
    item: {
      name: 'insert order',
      kind: 'internal',
      attributesOf: ({ order }) => ({ 'orderflow.order.id': order.orderId }),
    },
  };
}

function transitionPorts(pool: Pool): TransitionPorts {
  return {
    readOrder: (orderId) => readOrder(pool, orderId),
    moveOrder: (order, event) => moveOrder(pool, order, event),
    clock: systemClock,
  };
}
