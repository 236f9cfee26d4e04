import { readConfig } from '@orderflow/service-kit/config';
import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import { silentLogger } from '@orderflow/service-kit/logger';
import { createPool, postgresEnv } from '@orderflow/service-kit/postgres';
import { z } from 'zod';
import { ContinuousAudit } from '../src/service/continuous-audit.ts';
import type { Verdict } from '../src/service/verdict.ts';
import { JournalTail } from '../src/stream/journal-tail.ts';
import { TopicTail } from '../src/stream/topic-tail.ts';
import type { TestPlatform } from './platform.ts';

const NEVER = new AbortController().signal;

/** An audit of a test platform, whose hands a test can turn. */
export interface StandingAuditor extends AsyncDisposable {
  /** One round, and the verdict after it. */
  round(): Promise<Verdict>;
  readonly growth: { lost: number; duplicated: number };
  /** Moves the auditor's clock. */
  advance(ms: number): void;
  /** From now on every look at the clock takes so long: nothing is waited for. */
  hurry(): void;
}

export function createStandingAuditor(platform: TestPlatform): StandingAuditor {
  const logger = silentLogger();
  const [, ordersUrl, , analyticsUrl, , kafkaServers = '', , topic = ''] = platform.sources();
  const pool = (url: string | undefined) =>
    createPool(readConfig(z.object(postgresEnv), { DATABASE_URL: url }), {
      logger,
      applicationName: 'auditor-test',
      max: 2,
    });
  const [orders, analytics] = [pool(ordersUrl), pool(analyticsUrl)];
  const kafka = new KafkajsAdmin({ bootstrapServers: [kafkaServers], clientId: 'auditor-test' }, { logger });
  let aheadMs = 0;
  let stepMs = 0;
  const clock = { nowMs: () => Date.now() + (aheadMs += stepMs) };
  const growth = { lost: 0, duplicated: 0 };
  const audit = new ContinuousAudit({
    sources: { orders, analytics, kafka, topic, group: 'event-processor', clock },
    topicTail: new TopicTail({ kafka, orders, analytics, topic, lookbackMs: 3_600_000, clock }),
    journalTail: new JournalTail({ path: platform.receiptsPath, orders }),
    policy: { settleMs: 1_000, retryMs: 0, limit: 100 },
    horizonMs: 3_600_000,
    listener: {
      onGrowth({ lost, duplicated }) {
        growth.lost += lost;
        growth.duplicated += duplicated;
      },
      onLooks: () => undefined,
      onStream: () => undefined,
    },
  });
  return {
    growth,
    advance: (ms) => void (aheadMs += ms),
    hurry: () => void (stepMs = 4_000),
    async round() {
      await audit.runOnce(NEVER);
      return audit.verdict();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([orders.end(), analytics.end(), kafka.stop()]);
    },
  };
}
