import type { Transition } from '@orderflow/contracts/order';
import { decideTransition } from '@orderflow/order-service/domain/transition';
import { placeOrder, type NewOrder } from '@orderflow/order-service/domain/order';
import { OrderIntake } from '@orderflow/order-service/intake/order-intake';
import { systemClock } from '@orderflow/service-kit/clock';
import { sleep } from '@orderflow/service-kit/sleep';
import { NO_TRACE } from '@orderflow/service-kit/trace-context';
import type { Random } from './random.ts';
import type { OrderStory } from './scenario.ts';
import type { SimulatedProcess } from './scheduler.ts';
import { REFUSED_PRODUCT } from './simulated-analytics-database.ts';
import type { World } from './world.ts';

/** How often Kafka refuses a reluctant event before it takes it: less than the attempts that it is given. */
const RELUCTANCE = 2;

/** The order service without HTTP: its intake, its deciders, and customers who live through their stories. */
export class Shop {
  /** Orders that customers were told are made. */
  readonly answered: string[] = [];
  readonly tooLargeEvents = new Set<string>();
  readonly #reluctance = new Map<string, number>();
  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #random: Random;
  readonly #intake: OrderIntake;
  #openStories = 0;

  constructor(world: World, process: SimulatedProcess, random: Random) {
    this.#world = world;
    this.#process = process;
    this.#random = random;
    this.#intake = new OrderIntake(
      { groupSize: 4, lingerMs: 6, lanes: 2, queueLimit: 100, retryForMs: 1_500 },
      { insert: (group) => this.#insert(group), clock: systemClock },
    );
  }

  get isClosed(): boolean {
    return this.#openStories === 0;
  }

  /** Whether the topic takes an event, asked by its id. */
  accepts(eventId: string | undefined, isAlone: boolean): boolean {
    if (eventId === undefined) return true;
    if (this.tooLargeEvents.has(eventId)) return false;
    const refusalsLeft = this.#reluctance.get(eventId) ?? 0;
    if (refusalsLeft === 0) return true;
    if (isAlone) this.#reluctance.set(eventId, refusalsLeft - 1);
    return false;
  }

  expect(stories: readonly OrderStory[]): void {
    this.#openStories += stories.length;
    for (const story of stories) {
      this.#world.scheduler.after(story.atMs, () => void this.#live(story), this.#process);
    }
  }

  async #live(story: OrderStory): Promise<void> {
    const order = this.#newOrder(story);
    try {
      await this.#intake.place(order);
      this.answered.push(order.order.orderId);
      for (const transition of story.transitions) await this.#move(order.order.orderId, transition, story);
    } catch (error: unknown) {
      this.#world.note(`a customer gives up: ${String(error)}`);
    } finally {
      this.#openStories -= 1;
    }
  }

  #newOrder(story: OrderStory): NewOrder {
    const eventId = this.#newId();
    this.#markOdd(eventId, story, 1);
    const productId = story.isRefusedByDatabase ? REFUSED_PRODUCT : `product-${this.#random.between(1, 3)}`;
    const item = { productId, quantity: this.#random.between(1, 3), price: this.#random.between(1, 9_999) / 100 };
    const request = { customerId: 'customer-1', items: [item] };
    return placeOrder({ request, orderId: this.#newId(), eventId, idempotencyKey: null, trace: NO_TRACE });
  }

  /** As `transitionOrder`, and with a customer who tries again. */
  async #move(orderId: string, transition: Transition, story: OrderStory): Promise<void> {
    const { orders, network } = this.#world;
    for (let attempt = 0; attempt < 4; attempt += 1) {
      try {
        const order = await network.call(this.#process, orders, () => orders.orders.get(orderId));
        if (order === undefined) return;
        const eventId = this.#newId();
        const decision = decideTransition(order, transition, {
          eventId,
          trace: NO_TRACE,
          nowMs: systemClock.nowMs(),
        });
        if (decision.kind === 'refuse') return;
        this.#markOdd(eventId, story, decision.order.sequence);
        const isMoved = await network.call(this.#process, orders, () =>
          orders.moveOrder(decision.order, decision.event),
        );
        if (isMoved) return;
      } catch (error: unknown) {
        this.#world.note(`${transition} of ${orderId} failed: ${String(error)}`);
        await sleep(30);
      }
    }
  }

  #markOdd(eventId: string, story: OrderStory, sequence: number): void {
    if (story.tooLarge === sequence) this.tooLargeEvents.add(eventId);
    else if (story.reluctant === sequence) this.#reluctance.set(eventId, RELUCTANCE);
  }

  async #insert(group: readonly NewOrder[]) {
    const { orders, network } = this.#world;
    await network.call(this.#process, orders, () => orders.insertOrders(group));
    return group.map(() => ({ kind: 'created' as const }));
  }

  /** A UUIDv7 of the virtual moment. */
  #newId(): string {
    const hex = (digits: number): string =>
      Array.from({ length: digits }, () => this.#random.between(0, 15).toString(16)).join('');
    const time = systemClock.nowMs().toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
  }
}
