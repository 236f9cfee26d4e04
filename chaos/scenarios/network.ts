import type { Random } from '../../test/simulation/random.ts';
import type { LinkFault, LinkName, Strike } from '../strike.ts';
import { repeat, type Scenario } from './scenario.ts';

const LINKS: readonly LinkName[] = [
  'order service to Postgres',
  'all to Kafka',
  'processors to Postgres',
  'clients to gateway',
];

const DATABASE_LINKS: readonly LinkName[] = ['order service to Postgres', 'processors to Postgres'];

/** Every link in turn, so that few strikes reach all of them. */
function onEachLink(links: readonly LinkName[], drawFault: (random: Random) => LinkFault): Scenario['plan'] {
  return (random, strikes) =>
    repeat(strikes, (index): Strike => {
      const link = links[index % links.length] ?? random.pick(links);
      return { kind: 'link', link, fault: drawFault(random) };
    });
}

const setting = { processors: 2, hasProxies: true } as const;

export const connectionsCut: Scenario = {
  name: 'connections-cut',
  title: 'all connections of a link reset at once',
  expected: 'Whoever was connected connects again and repeats what was in the air.',
  setting,
  full: { orders: 20_000, strikes: 12 },
  plan: onEachLink(LINKS, () => ({ how: 'cut' })),
};

export const connectionsDelayed: Scenario = {
  name: 'connections-delayed',
  title: 'a slow network, and one that stalls',
  expected: 'Everything takes longer, groups and batches grow, and nothing else happens.',
  setting,
  full: { orders: 20_000, strikes: 8 },
  plan: onEachLink(LINKS, (random) =>
    random.chance(0.6)
      ? { how: 'delay', delayMs: random.between(20, 250), forMs: 100 * random.between(10, 40) }
      : { how: 'stall', forMs: 100 * random.between(5, 40) },
  ),
};

export const halfOpen: Scenario = {
  name: 'half-open',
  title: 'connections that are dead and do not know it',
  expected:
    'Nothing tells either side; each finds out by its own time limits, the client by that of its request and the server ' +
    'by that of an idle transaction, whose locks it lets go of then.',
  setting,
  full: { orders: 45_000, strikes: 3 },
  plan: onEachLink(LINKS, () => ({ how: 'half-open' })),
};

export const commitReplyLost: Scenario = {
  name: 'commit-reply-lost',
  title: 'commits whose reply is lost',
  expected:
    'Whoever waited for the reply cannot know: orders are written again with the same ids, which settles it, and batches ' +
    'are applied again and found to be known.',
  setting,
  full: { orders: 18_000, strikes: 8 },
  plan: onEachLink(DATABASE_LINKS, (random) => ({ how: 'lose-replies', forMs: random.between(50, 1_500) })),
};
