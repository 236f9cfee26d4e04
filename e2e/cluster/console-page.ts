import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { View } from '@orderflow/console/view';
import { openPage, type OpenPage } from '../../services/console/test/open-page.ts';
import type { Namespace } from './namespace.ts';

const HTTP_PORT = 8084;

/** The console as somebody has it open: through `kubectl port-forward`. */
export class ConsolePage implements AsyncDisposable {
  readonly #forward: ChildProcess;
  readonly #url: string;
  readonly #page: OpenPage;

  private constructor(forward: ChildProcess, url: string, page: OpenPage) {
    this.#forward = forward;
    this.#url = url;
    this.#page = page;
  }

  static async open(namespace: Namespace, service: string): Promise<ConsolePage> {
    const args = ['--namespace', namespace.name, 'port-forward', `service/${service}`, `:${HTTP_PORT}`];
    const forward = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const url = `http://127.0.0.1:${await localPort(forward)}`;
      return new ConsolePage(forward, url, await openPage(url));
    } catch (error: unknown) {
      await end(forward);
      throw error;
    }
  }

  /** The next view that is as it is wanted. @throws when none came in time, with the last one. */
  async see(what: string, isWanted: (view: View) => boolean): Promise<View> {
    const deadlineMs = performance.now() + 120_000;
    for (;;) {
      const view = await this.#page.next();
      if (isWanted(view)) return view;
      if (performance.now() > deadlineMs) throw new Error(`the console never showed ${what}: ${JSON.stringify(view)}`);
    }
  }

  /** Does something by hand, as the buttons do. */
  async act(path: string, body: unknown): Promise<{ readonly status: number; readonly answer: unknown }> {
    const response = await fetch(`${this.#url}/actions/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, answer: await response.json() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#page.leave();
    await end(this.#forward);
  }
}

/** kubectl says which port it chose, in its first line. */
async function localPort(forward: ChildProcess): Promise<string> {
  if (forward.stdout === null) throw new Error('kubectl has no output');
  for await (const line of createInterface({ input: forward.stdout })) {
    const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error('kubectl port-forward ended before it listened');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
