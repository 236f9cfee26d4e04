import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@orderflow/local/until';
import { FakeApiServer } from '../../test/fake-api-server/fake-api-server.ts';
import { deployment, DEPLOYMENT_COLLECTION, LEASE_COLLECTION } from '../../test/objects.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'test', 'leader-process.ts');
const TARGET = 'event-processor';

/** A candidate and what it said. */
class Candidate {
  readonly identity: string;
  readonly said: string[] = [];
  readonly #process: ChildProcess;

  constructor(identity: string, api: FakeApiServer) {
    this.identity = identity;
    this.#process = spawn(process.execPath, ['--no-warnings', PROGRAM, api.kubeconfig, identity, TARGET], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout } = this.#process;
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.said.push(line));
  }

  tell(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  says(line: string): Promise<boolean> {
    return until(() => this.said.includes(line), { what: `it says "${line}"`, timeoutMs: 30_000 });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** The exit code; null when it was killed. */
  async ended(): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
    return this.#process.exitCode;
  }
}

let api: FakeApiServer;
let candidates: Candidate[];

beforeEach(async () => {
  api = await FakeApiServer.start();
  api.store.create(DEPLOYMENT_COLLECTION, deployment(TARGET, 1));
  candidates = [];
});

afterEach(async () => {
  for (const candidate of candidates) candidate.signal('SIGKILL');
  await Promise.all(candidates.map((candidate) => candidate.ended()));
  await api[Symbol.asyncDispose]();
});

async function startPair(): Promise<{ readonly leader: Candidate; readonly other: Candidate }> {
  const pair = [new Candidate('one', api), new Candidate('two', api)] as const;
  candidates.push(...pair);
  await Promise.all(pair.map((candidate) => candidate.says('ready')));
  await until(() => pair.some(({ said }) => said.includes('leads')), { what: 'one of them leads' });
  const [one, two] = pair;
  return one.said.includes('leads') ? { leader: one, other: two } : { leader: two, other: one };
}

function holder(): unknown {
  const { spec } = api.store.get(LEASE_COLLECTION, 'lagscaler-operator');
  return (spec as { holderIdentity?: unknown }).holderIdentity;
}

function scaleWrites(): number {
  return api.countCalls(({ subresource, code }) => subresource === 'scale' && code === 200);
}

describe('two operators', () => {
  test('the other one takes over from a leader that is killed', async () => {
    const { leader, other } = await startPair();
    leader.signal('SIGKILL');
    await leader.ended();
    expect(holder()).toBe(leader.identity);
    await other.says('leads');
    expect(holder()).toBe(other.identity);
  });

  test('a leader that is asked to end gives the lease back, without being waited for', async () => {
    const { leader, other } = await startPair();
    leader.signal('SIGTERM');
    expect(await leader.ended()).toBe(0);
    expect(holder()).not.toBe(leader.identity);
    await other.says('leads');
  });

  test('a leader that is paused in the middle of its work writes nothing once it wakes up', async () => {
    const { leader, other } = await startPair();
    leader.tell('look');
    await leader.says('saw 1');
    leader.signal('SIGSTOP');
    leader.tell('scale 9'); // waits in the pipe, with what was seen before
    leader.tell('force 8'); // as if it had found itself leader just before it was paused
    await other.says('leads');
    other.tell('look');
    await other.says('saw 1');
    other.tell('scale 4');
    await other.says('scale written');
    leader.signal('SIGCONT');
    await leader.says('not the leader');
    await leader.says('scale conflict');
    expect(api.store.get(DEPLOYMENT_COLLECTION, TARGET).spec).toEqual({ replicas: 4 });
    expect(scaleWrites()).toBe(1);
    expect(holder()).toBe(other.identity);
  });
});
