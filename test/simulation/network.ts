import type { Random } from './random.ts';
import type { Scheduler, SimulatedProcess } from './scheduler.ts';

/** Something that processes call. */
export interface SimulatedServer {
  readonly name: string;
  downUntilMs: number;
  /** What a client sees when it cannot connect, or when the reply stays out. */
  unreachable(): Error;
}

/** How unfriendly the network is; probabilities per call. */
export interface NetworkWeather {
  readonly requestLost: number;
  readonly replyLost: number;
  /** The client has given the request up when it arrives. */
  readonly requestLate: number;
  /** Calls that take a hundred times as long as others. */
  readonly slow: number;
}

export const CALM: NetworkWeather = { requestLost: 0, replyLost: 0, requestLate: 0, slow: 0 };

type Fate = 'delivered' | 'request-lost' | 'reply-lost' | 'request-late';

/**
 * Calls from processes to servers: a request that arrives some time later, and a reply that comes back. Either may be
 * lost, and a request may arrive long after its sender gave it up, or died. What a server does on arrival is done.
 */
export class Network {
  weather: NetworkWeather = CALM;
  /** Requests whose senders wait no more. */
  lateRequests = 0;
  lateRequestsSoFar = 0;
  readonly #scheduler: Scheduler;
  readonly #random: Random;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** Has the server do something; rejects with `unreachable()` when the caller cannot know whether it was done. */
  call<T>(caller: SimulatedProcess, server: SimulatedServer, execute: () => T | Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const tell = (delayMs: number, act: () => void): unknown => this.#scheduler.after(delayMs, act, caller);
    const giveUp = (delayMs: number): unknown => tell(delayMs, () => reject(server.unreachable()));
    const fate = this.#drawFate();
    if (fate !== 'delivered') giveUp(this.#random.between(100, 600));
    if (fate === 'request-lost') return promise;
    const answer = (act: () => void): void => {
      if (fate !== 'delivered') return;
      if (this.#isDown(server)) giveUp(1);
      else tell(this.#drawLatencyMs(), act);
    };
    const arrive = (): void => {
      if (fate === 'request-late') this.lateRequests -= 1;
      if (this.#isDown(server)) return answer(() => undefined);
      settle(execute, {
        onValue: (value) => answer(() => resolve(value)),
        onError: (error) => answer(() => reject(error)),
      });
    };
    if (fate === 'request-late') {
      this.lateRequests += 1;
      this.lateRequestsSoFar += 1;
    }
    this.#scheduler.afterAsWorld(
      fate === 'request-late' ? this.#random.between(600, 2_500) : this.#drawLatencyMs(),
      arrive,
    );
    return promise;
  }

  #isDown(server: SimulatedServer): boolean {
    return server.downUntilMs > this.#scheduler.nowMs;
  }

  #drawFate(): Fate {
    const { requestLost, replyLost, requestLate } = this.weather;
    if (requestLost + replyLost + requestLate === 0) return 'delivered';
    const drawn = this.#random.next();
    if (drawn < requestLost) return 'request-lost';
    if (drawn < requestLost + replyLost) return 'reply-lost';
    return drawn < requestLost + replyLost + requestLate ? 'request-late' : 'delivered';
  }

  #drawLatencyMs(): number {
    const latencyMs = 0.5 + this.#random.next() * 4;
    return this.#random.chance(this.weather.slow) ? latencyMs * 100 : latencyMs;
  }
}

/** Runs something that may answer at once or later. */
function settle<T>(
  execute: () => T | Promise<T>,
  { onValue, onError }: { readonly onValue: (value: T) => void; readonly onError: (error: Error) => void },
): void {
  try {
    const result = execute();
    if (result instanceof Promise) result.then(onValue, onError);
    else onValue(result);
  } catch (error: unknown) {
    onError(error as Error);
  }
}

/** An error as node-postgres gives it. */
export function postgresError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
