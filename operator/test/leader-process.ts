// A candidate in a process of its own, so that a test can pause and kill it. Started with a kubeconfig, a name and the name
// of a Deployment; says what happens on stdout, a word per line; does what it reads on stdin:
//   look      remember the Deployment as it is now
//   scale N   scale to N what was looked at, if leading; `force N` does so in any case
import { createInterface } from 'node:readline';
import { silentLogger } from '@orderflow/service-kit/logger';
import { Lifecycle } from '@orderflow/service-kit/lifecycle';
import type { DeploymentView } from '../src/controller/ports.ts';
import { connectCluster } from '../src/kubernetes/cluster.ts';
import { NAMESPACE } from './objects.ts';

/** Short, so that nobody waits for 15 s. What follows from the real ones is tested by a clock that can be turned. */
const LEASE_TIMES = { durationMs: 3_000, renewDeadlineMs: 2_000, retryMs: 250 };

const [, , kubeconfig = '', identity = '', target = ''] = process.argv;
const logger = silentLogger();
const cluster = connectCluster({ kubeconfig, namespace: NAMESPACE, identity, logger, leaseTimes: LEASE_TIMES });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
let seen: DeploymentView | undefined;

async function scale(replicas: number): Promise<void> {
  if (seen === undefined) throw new Error('nothing was looked at');
  say(`scale ${await cluster.deployments.setScale({ deployment: seen, replicas })}`);
}

async function obey(line: string): Promise<void> {
  const [command, argument] = line.split(' ');
  if (command === 'look') {
    seen = cluster.deployments.get({ namespace: NAMESPACE, name: target });
    say(`saw ${seen?.specReplicas ?? 'nothing'}`);
  } else if (command === 'force' || cluster.election.isLeader()) await scale(Number(argument));
  else say('not the leader');
}

const app = new Lifecycle(logger, { deadlineMs: 5_000 });
app.use(cluster.informers);
app.use(cluster.election);
cluster.election.onChange((isLeader) => say(isLeader ? 'leads' : 'lost'));
const input = createInterface({ input: process.stdin });
input.on('line', (line) => void obey(line).catch((error: unknown) => say(String(error))));
cluster.onSynced(() => say('ready'));
await app.run();
input.close();
process.stdin.destroy();
