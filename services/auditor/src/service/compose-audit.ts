import { systemClock } from '@orderflow/service-kit/clock';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import type { Lifecycle } from '@orderflow/service-kit/lifecycle';
import type { Logger } from '@orderflow/service-kit/logger';
import { createPool, poolComponent } from '@orderflow/service-kit/postgres';
import { JournalTail } from '../stream/journal-tail.ts';
import { TopicTail } from '../stream/topic-tail.ts';
import type { AuditorConfig } from './config.ts';
import { ContinuousAudit, type AuditListener } from './continuous-audit.ts';

/** Minutes of one round. */
const WINDOWS_OF_A_ROUND = 60;
const HOUR_MS = 3_600_000;

/** Adds the audit's connections to the process. They are made when they are needed first. */
export function composeAudit(
  app: Lifecycle,
  parts: { readonly config: AuditorConfig; readonly logger: Logger; readonly listener: AuditListener },
): ContinuousAudit {
  const { config, logger, listener } = parts;
  const { TOPIC: topic, CONSUMER_GROUP: group, AUDIT_RECEIPTS: path } = config;
  const poolOptions = { logger, applicationName: 'orderflow-auditor' };
  const orders = createPool(config.ordersDatabase, poolOptions);
  const analytics = createPool(config.analyticsDatabase, poolOptions);
  const kafka = app.use(new KafkajsAdmin(config.kafka, { logger }));
  app.use(poolComponent('orders-pool', orders));
  app.use(poolComponent('analytics-pool', analytics));
  const lookbackMs = config.AUDIT_TOPIC_LOOKBACK_MS;
  return new ContinuousAudit({
    sources: { orders, analytics, kafka, topic, group, clock: systemClock },
    topicTail: new TopicTail({ kafka, orders, analytics, topic, lookbackMs, clock: systemClock }),
    journalTail: path === undefined ? undefined : new JournalTail({ path, orders }),
    policy: {
      settleMs: config.AUDIT_SETTLE_MS,
      retryMs: config.AUDIT_INTERVAL_MS,
      limit: WINDOWS_OF_A_ROUND,
    },
    horizonMs: config.AUDIT_HORIZON_HOURS * HOUR_MS,
    listener,
  });
}
