import { readFile } from 'node:fs/promises';
import { faultDeskSchema, type FaultDeskFacts } from '@orderflow/contracts/fault-report';
import { replicaChangeSchema, scalingDecisionSchema } from '@orderflow/contracts/scaling-decision';
import { z } from 'zod';
import { JOBS, type FindSurroundings, type Surroundings } from './surroundings.ts';

const platformSchema = z.object({
  processes: z.array(z.object({ job: z.enum(JOBS), name: z.string(), adminUrl: z.url({ protocol: /^https?$/ }) })),
  /** The last decision about the replicas, where somebody decides. */
  scaling: scalingDecisionSchema.nullable(),
  /** The newest first. */
  changes: z.array(replicaChangeSchema),
  /** Where faults may be asked for; on a cluster, never. */
  faults: faultDeskSchema.optional(),
});

/** Which processes there are now, and what was decided about them. Written by whoever starts processes. */
export type PlatformFacts = z.output<typeof platformSchema>;

/** Reads them anew each time. */
export function createFileFinder(path: string): FindSurroundings {
  return async () => {
    try {
      return surroundingsOf(platformSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
    } catch {
      return { jobs: JOBS, processes: [], scaling: { state: 'down' } }; // which is what the page is to show
    }
  };
}

/** Who injects faults now; undefined: nobody does. */
export async function findFaultDesk(path: string): Promise<FaultDeskFacts | undefined> {
  try {
    return platformSchema.parse(JSON.parse(await readFile(path, 'utf8'))).faults;
  } catch {
    return undefined; // as above
  }
}

function surroundingsOf({ processes, scaling, changes, faults }: PlatformFacts): Surroundings {
  return {
    jobs: JOBS,
    processes,
    faults: faults?.report,
    scaling: scaling === null ? { state: 'absent' } : { state: 'up', value: { scaling, changes } },
  };
}
