import { renderDashboard } from './dashboard.ts';
import { OUTBOX_AND_KAFKA } from './outbox-and-kafka.ts';
import { PROCESSOR_AND_SCALING } from './processor-and-scaling.ts';
import { PROOF } from './proof.ts';
import { RUNTIME } from './runtime.ts';
import { SHOP } from './shop.ts';

export const DASHBOARDS_DIRECTORY = new URL('../../dashboards/', import.meta.url);

/** The files of `dashboards/` as they have to be. */
export function dashboardFiles(): Map<string, string> {
  const dashboards = [SHOP, PROOF, OUTBOX_AND_KAFKA, PROCESSOR_AND_SCALING, RUNTIME];
  return new Map(
    dashboards.map((dashboard) => [
      `${dashboard.name}.json`,
      `${JSON.stringify(renderDashboard(dashboard), undefined, 2)}\n`,
    ]),
  );
}
