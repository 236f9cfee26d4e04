import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { killNow as killVictim, pauseFor } from '@orderflow/local/under-load/blows';
import type { Stage } from '../stage/stage.ts';
import type { ProcessName } from '../strike.ts';
import { endedNow, type Executor } from './outcome.ts';

/**
 * Kills a process and waits until it is gone; whoever keeps it starts it again. Returns how many were killed: 0 when it
 * had ended already.
 */
export function killNow(stage: Stage, name: ProcessName): Promise<number> {
  return killVictim(stage.process(name));
}

export const kill: Executor<'kill'> = async (stage, { victims, gapMs = 0 }) => {
  const deaths = victims.map(async (victim, index) => {
    await sleep(index * gapMs, undefined, { signal: stage.signal });
    return killNow(stage, victim);
  });
  const kills = await Promise.all(deaths);
  return endedNow(kills.reduce((sum, count) => sum + count, 0));
};

export const outage: Executor<'outage'> = async (stage, { victim, forMs }) => {
  const letStart = stage.keeper.holdBack(victim);
  try {
    const kills = await killNow(stage, victim);
    await sleep(forMs, undefined, { signal: stage.signal });
    return endedNow(kills);
  } finally {
    letStart();
  }
};

export const pause: Executor<'pause'> = async (stage, { victim, forMs }) => {
  await pauseFor(stage.process(victim), forMs, stage.signal);
  return endedNow();
};

export const diskFull: Executor<'disk-full'> = async (stage, { forMs }) => {
  await stage.disk.fill();
  try {
    await sleep(forMs, undefined, { signal: stage.signal });
  } finally {
    await stage.disk.free();
  }
  return endedNow();
};

export const clockJump: Executor<'clock-jump'> = async (stage, { victim, byMs, forMs }) => {
  const process = stage.process(victim);
  const moveTo = async (offsetMs: number): Promise<void> => {
    await writeFile(stage.clockFile(victim), String(offsetMs));
    process.kill('SIGUSR2');
  };
  await moveTo(byMs);
  try {
    await sleep(forMs, undefined, { signal: stage.signal });
  } finally {
    await moveTo(0);
  }
  return endedNow();
};

export const join: Executor<'join'> = async (stage) => {
  await stage.join();
  return endedNow();
};

export const leave: Executor<'leave'> = async (stage) => {
  await stage.leave();
  return endedNow();
};

export const link: Executor<'link'> = async (stage, { link: name, fault }) => {
  const proxy = stage.link(name);
  const wait = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stage.signal });
  switch (fault.how) {
    case 'cut':
      proxy.cut();
      break;
    case 'half-open':
      proxy.strand();
      break;
    case 'delay':
      proxy.setDelay(fault.delayMs);
      await wait(fault.forMs).finally(() => proxy.setDelay(0));
      break;
    case 'stall':
      proxy.setMode('hold');
      await wait(fault.forMs).finally(() => proxy.setMode('pass'));
      break;
    case 'lose-replies':
      proxy.setMode('dropReplies');
      await wait(fault.forMs).finally(() => {
        proxy.cut(); // a connection that has lost a part of its answers is of no use
        proxy.setMode('pass');
      });
      break;
    default:
      fault satisfies never;
  }
  return endedNow();
};
