import type { View } from '../src/view.ts';

/** One open page: the views of `/events` in the order in which they came. */
export class OpenPage {
  readonly response: Response;
  readonly #leave: AbortController;
  readonly #views: AsyncGenerator<View>;

  constructor(response: Response, leave: AbortController) {
    this.response = response;
    this.#leave = leave;
    this.#views = viewsOf(response);
  }

  /** The next view that is as it is wanted; the first one when nothing is wanted. */
  async next(isWanted: (view: View) => boolean = () => true): Promise<View> {
    for (;;) {
      const { value, done } = await this.#views.next();
      if (done === true) throw new Error('the stream has ended');
      if (isWanted(value)) return value;
    }
  }

  /** All views that are still to come, when the console has ended the stream. */
  async rest(): Promise<View[]> {
    return Array.fromAsync(this.#views);
  }

  /** Closes the tab. */
  leave(): void {
    this.#leave.abort();
  }
}

export async function openPage(url: string, headers: Record<string, string> = {}): Promise<OpenPage> {
  const leave = new AbortController();
  return new OpenPage(await fetch(`${url}/events`, { headers, signal: leave.signal }), leave);
}

async function* viewsOf({ body }: Response): AsyncGenerator<View> {
  if (body === null) return;
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const messages = text.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      if (message.startsWith('data: ')) yield JSON.parse(message.slice('data: '.length)) as View;
    }
  }
}
