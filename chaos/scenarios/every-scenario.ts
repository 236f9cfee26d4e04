import { lateCommit, poisonFlood, topicReplayed } from './messages.ts';
import { commitReplyLost, connectionsCut, connectionsDelayed, halfOpen } from './network.ts';
import { killFailpoints, killRandom, publisherPaused, rebalanceStorm } from './processes.ts';
import type { Scenario } from './scenario.ts';
import { brokerKilled, brokerPaused, clockJump, kafkaDiskFull, postgresDiskFull, postgresKilled } from './servers.ts';

/** All of them, in the order in which `all` runs them. */
export const SCENARIOS: readonly Scenario[] = [
  killRandom,
  killFailpoints,
  brokerKilled,
  brokerPaused,
  postgresKilled,
  connectionsCut,
  connectionsDelayed,
  halfOpen,
  commitReplyLost,
  rebalanceStorm,
  publisherPaused,
  lateCommit,
  kafkaDiskFull,
  postgresDiskFull,
  clockJump,
  poisonFlood,
  topicReplayed,
];
