import { KafkajsAdmin } from '@orderflow/service-kit/kafka/kafkajs-admin';
import type { Logger } from '@orderflow/service-kit/logger';
import { createPool, type Pool } from '@orderflow/service-kit/postgres';
import { sleep } from '@orderflow/service-kit/sleep';
import { systemClock } from '@orderflow/service-kit/clock';
import { audit, type AuditReport } from './audit.ts';
import type { VerifyConfig } from './config.ts';
import { waitForDrain, isDrained, type Backlog } from './drain.ts';
import { countText, counted } from './findings.ts';
import type { Observations } from './observations.ts';
import type { Progress } from './progress.ts';
import { readAnalyticsDatabase } from './readers/analytics-database.ts';
import { readOrderEvents } from './readers/order-events-topic.ts';
import { countUnsent, readOrdersDatabase } from './readers/orders-database.ts';
import { readReceiptsJournal } from './readers/receipts-journal.ts';
import { TextPool } from './readers/text-pool.ts';
import type { SourceNames } from './report-text.ts';
import { readSource } from './source-error.ts';

/** One verification: connections to all sources, and the way through them. Close it with `await using`. */
export class Verification implements AsyncDisposable {
  readonly #config: VerifyConfig;
  readonly #progress: Progress;
  readonly #names: SourceNames;
  readonly #orders: Pool;
  readonly #analytics: Pool;
  readonly #kafka: KafkajsAdmin;

  constructor(config: VerifyConfig, { progress, logger }: { readonly progress: Progress; readonly logger: Logger }) {
    const poolOptions = { logger, applicationName: 'orderflow-auditor' };
    this.#config = config;
    this.#progress = progress;
    this.#names = sourceNames(config);
    this.#orders = createPool(config.ordersDatabase, poolOptions);
    this.#analytics = createPool(config.analyticsDatabase, poolOptions);
    this.#kafka = new KafkajsAdmin(config.kafka, { logger });
  }

  /**
   * Waits for the system to drain, reads everything and judges it.
   *
   * @throws {SourceError} when something cannot be read: then there is no verdict.
   */
  async run(): Promise<AuditReport> {
    const backlog = await this.#drain();
    if (!isDrained(backlog)) this.#progress.say(`did not drain in time, judging it as it is: ${backlogText(backlog)}`);
    const observations = await this.#observe();
    const after = await this.#readBacklog();
    if (isDrained(backlog) && !isDrained(after)) {
      this.#progress.say('orders came in while they were read: stop the load and verify again');
    }
    this.#progress.update('judging');
    const report = audit(observations);
    this.#progress.clear();
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#orders.end(), this.#analytics.end(), this.#kafka.stop()]);
  }

  #drain(): Promise<Backlog> {
    return waitForDrain(
      {
        readBacklog: () => this.#readBacklog(),
        sleep,
        clock: systemClock,
        onProgress: (backlog) => this.#progress.update(`waiting for ${backlogText(backlog)}`),
      },
      this.#config.waitMs,
    );
  }

  async #readBacklog(): Promise<Backlog> {
    const { group, topic } = this.#config;
    const outboxUnsent = await readSource(this.#names.orders, () => countUnsent(this.#orders));
    const lags = await readSource(this.#names.topic, () => this.#kafka.groupLag(group, topic));
    return { outboxUnsent, lagMessages: lags.reduce((sum, { lagMessages }) => sum + Number(lagMessages), 0) };
  }

  /** One source after the other, so that only one of them fills the memory with half-parsed data at a time. */
  async #observe(): Promise<Observations> {
    const { receiptsPath, topic, group } = this.#config;
    const texts = new TextPool();
    const reading = <T>(source: string, read: () => Promise<T>): Promise<T> => {
      this.#progress.update(`reading the ${source}`);
      return readSource(source, read);
    };
    const onProgress = (messages: number): void => {
      if (messages % 1_000 === 0) this.#progress.update(`reading the ${topic} topic: ${counted(messages, 'message')}`);
    };
    return {
      receipts: receiptsPath === undefined ? undefined : await readReceiptsJournal(receiptsPath, texts),
      orders: await reading(this.#names.orders, () => readOrdersDatabase(this.#orders, texts)),
      topic: await reading(this.#names.topic, () => readOrderEvents({ kafka: this.#kafka, topic, texts, onProgress })),
      analytics: await reading(this.#names.analytics, () =>
        readAnalyticsDatabase({ pool: this.#analytics, topic, group, texts }),
      ),
    };
  }
}

function backlogText({ outboxUnsent, lagMessages }: Backlog): string {
  return `${countText(outboxUnsent)} unsent outbox rows, ${countText(lagMessages)} messages of lag`;
}

/** What the sources are called in reports and errors. Passwords and users stay out. */
export function sourceNames({
  ordersDatabase,
  analyticsDatabase,
  kafka,
  topic,
  receiptsPath,
}: VerifyConfig): SourceNames {
  return {
    receipts: receiptsPath,
    orders: `orders database ${databaseName(ordersDatabase.DATABASE_URL)}`,
    topic: `topic ${topic} at ${kafka.bootstrapServers.join(',')}`,
    analytics: `analytics database ${databaseName(analyticsDatabase.DATABASE_URL)}`,
  };
}

function databaseName(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
