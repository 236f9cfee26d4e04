import { firstIdAt, idTimestampMs } from '@orderflow/contracts/ids';
import type { JournalTail } from '../stream/journal-tail.ts';
import type { TopicTail } from '../stream/topic-tail.ts';
import { countUnread, isBeyond, readNextOffsets } from '../windows/barrier.ts';
import { readFirstEffect } from '../windows/effect-windows.ts';
import { readOrderBounds } from '../windows/order-windows.ts';
import type { OutboxContents } from '../windows/outbox-contents.ts';
import { planLooks, type LookPlan, type LookPolicy } from '../windows/plan-looks.ts';
import { WindowAudit, type Looks } from '../windows/window-audit.ts';
import { minuteOf } from '../windows/window.ts';
import type { WindowSources } from '../windows/window-reader.ts';
import { AuditBook, oldestLossMs, type Growth, type InvariantFinding } from './audit-book.ts';
import { LagHistory } from './lag-history.ts';
import { BEFORE_THE_FIRST_ROUND, judge, type AuditSituation, type Verdict } from './verdict.ts';

export interface ContinuousAuditOptions {
  readonly sources: WindowSources;
  readonly topicTail: TopicTail;
  readonly journalTail: JournalTail | undefined;
  readonly policy: LookPolicy;
  /** Orders older than this are not looked at any more. */
  readonly horizonMs: number;
  readonly listener: AuditListener;
}

/** Hears of what is found, for metrics and logs. */
export interface AuditListener {
  onGrowth(growth: Growth): void;
  onLooks(looks: Looks['looks']): void;
  onStream(source: 'topic' | 'receipts', count: number): void;
}

/** The standing audit: one round after the other, and a verdict at any time. */
export class ContinuousAudit {
  readonly #options: ContinuousAuditOptions;
  readonly #windows: WindowAudit;
  readonly #book = new AuditBook();
  readonly #lag = new LagHistory();
  #situation: Omit<AuditSituation, 'nowMs'>;

  constructor(options: ContinuousAuditOptions) {
    this.#options = options;
    this.#windows = new WindowAudit(options.sources);
    this.#situation = { ...BEFORE_THE_FIRST_ROUND, receipts: options.journalTail === undefined ? null : 0 };
  }

  verdict(): Verdict {
    return judge(this.#book, { ...this.#situation, nowMs: this.#options.sources.clock.nowMs() });
  }

  /** When the last whole round ended, Unix milliseconds; undefined before the first. */
  get roundEndedMs(): number | undefined {
    return this.#situation.roundEndedMs;
  }

  /**
   * One round; resolves with whether there is more to do at once.
   *
   * @throws what a source threw: the verdict then says that it cannot be told now, and the next round starts over.
   */
  async runOnce(signal: AbortSignal): Promise<boolean> {
    try {
      const hasMore = await this.#round(signal);
      return hasMore;
    } catch (error: unknown) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#situation = { ...this.#situation, obstacle: `a source that can be read (${reason})` };
      throw error;
    }
  }

  async #round(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options.sources;
    const startedMs = clock.nowMs();
    const hasMore = await this.#readStreams(signal);
    const bounds = await this.#readBounds(startedMs);
    this.#situation = { ...this.#situation, firstMs: bounds?.firstMs };
    const lag = await this.#measureLag(startedMs);
    const plan = this.#plan(bounds?.firstMs, startedMs);
    const isQuiet = bounds !== undefined && bounds.lastMs < startedMs - this.#options.policy.settleMs;
    const looks = await this.#windows.look(plan, isQuiet, signal);
    this.#writeDown(looks);
    this.#situation = {
      ...this.#situation,
      roundEndedMs: clock.nowMs(),
      obstacle: lag.isBeyond ? 'a topic that begins where analytics stands: it was made anew' : obstacleOf(plan, looks),
      unaccountedSinceMs: earliest(
        startedMs,
        looks.outbox.oldestUnsentMs,
        lag.sinceMs,
        oldestLossMs(this.#book.windows.values()),
      ),
    };
    return hasMore || (plan.isCut && !looks.isBehind);
  }

  async #readStreams(signal: AbortSignal): Promise<boolean> {
    const { topicTail, journalTail, listener } = this.#options;
    const topic = await topicTail.read(signal);
    listener.onStream('topic', topic.messages);
    listener.onGrowth(this.#book.addStreamFindings(topic.findings));
    this.#situation = {
      ...this.#situation,
      published: this.#situation.published + topic.messages,
      redelivered: this.#situation.redelivered + topic.redelivered,
      unreadMessages: topic.remaining,
    };
    if (journalTail === undefined) return topic.remaining > 0;
    const journal = await journalTail.read();
    listener.onStream('receipts', journal.receipts);
    listener.onGrowth(this.#book.addStreamFindings(journal.findings));
    const receipts = (this.#situation.receipts ?? 0) + journal.receipts;
    this.#situation = { ...this.#situation, receipts, isJournalRead: journal.isAtEnd };
    return topic.remaining > 0 || !journal.isAtEnd;
  }

  /** The first minute that is audited, and the moment of the newest order. */
  async #readBounds(nowMs: number): Promise<{ readonly firstMs: number; readonly lastMs: number } | undefined> {
    const { orders, analytics } = this.#options.sources;
    const horizonMs = minuteOf(nowMs - this.#options.horizonMs).toMs;
    const sinceId = firstIdAt(horizonMs);
    this.#book.retire(horizonMs);
    const bounds = await readOrderBounds(orders, sinceId);
    const effect = await readFirstEffect(analytics, sinceId);
    const first = [bounds?.first, effect].filter((id) => id !== undefined).toSorted()[0];
    if (first === undefined) return undefined;
    const lastMs = idTimestampMs(bounds?.last ?? first);
    return { firstMs: minuteOf(idTimestampMs(first)).fromMs, lastMs };
  }

  /** Since when the processor is behind, and whether its offsets fit the topic at all. */
  async #measureLag(nowMs: number): Promise<{ readonly sinceMs: number | undefined; readonly isBeyond: boolean }> {
    const { analytics, kafka, topic } = this.#options.sources;
    const next = await readNextOffsets(analytics, this.#options.sources);
    const ends = await kafka.readOffsets(topic);
    const sinceMs = this.#lag.note({ nowMs, ends, isReached: (earlier) => countUnread(next, earlier) === 0 });
    return { sinceMs, isBeyond: isBeyond(next, ends) };
  }

  #plan(firstMs: number | undefined, nowMs: number): LookPlan {
    return planLooks({ firstMs, marks: this.#book.windows, nowMs }, this.#options.policy);
  }

  #writeDown(looks: Looks): void {
    const { listener } = this.#options;
    for (const look of looks.looks) listener.onGrowth(this.#book.addLook(look));
    listener.onLooks(looks.looks);
    if (looks.isBehind) return;
    const totals = looks.totals.map((finding) => ({ ...finding, invariant: 'I6' }));
    this.#book.snapshotFindings = [...totals, ...judgeOutbox(looks.outbox)];
  }
}

function obstacleOf({ isCut }: LookPlan, { isBehind, outbox }: Looks): string | undefined {
  if (isBehind) return 'the event processor to read what was sent';
  if (outbox.isCut) return 'the outbox to drain';
  return isCut ? 'older minutes to be compared' : undefined;
}

function judgeOutbox({ changes }: OutboxContents): InvariantFinding[] {
  return changes.flatMap(({ eventId, orderId, sequence, hasOrder }): InvariantFinding[] => {
    if (!hasOrder) {
      const text = `outbox row ${eventId} is of order ${orderId}, which is not in orders`;
      return [{ invariant: 'I2', kind: 'foreign', subject: eventId, text }];
    }
    if (sequence !== undefined) return [];
    const text = `outbox row ${eventId} of order ${orderId} has a payload that is not its event`;
    return [{ invariant: 'I2', kind: 'altered', subject: eventId, text }];
  });
}

function earliest(first: number, ...others: readonly (number | undefined)[]): number {
  return Math.min(first, ...others.filter((moment) => moment !== undefined));
}
