import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DASHBOARDS_DIRECTORY } from './dashboard-files.ts';

const datasourceSchema = z.object({ type: z.string(), uid: z.string() });

const targetSchema = z.object({ refId: z.string(), expr: z.string().min(1), datasource: datasourceSchema });

const panelSchema = z.object({
  id: z.int(),
  type: z.string(),
  title: z.string().min(1),
  description: z.string().default(''),
  datasource: datasourceSchema,
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  fieldConfig: z.object({ defaults: z.object({ unit: z.string().optional() }) }),
  targets: z.array(targetSchema).min(1),
});

const variableSchema = z.object({
  name: z.string(),
  type: z.string(),
  query: z.unknown(),
  datasource: datasourceSchema.optional(),
});

const dashboardSchema = z.object({
  uid: z.string().min(1).max(40),
  title: z.string().min(1),
  templating: z.object({ list: z.array(variableSchema) }),
  panels: z.array(panelSchema).min(1),
});

export type Panel = z.infer<typeof panelSchema>;
export type Dashboard = z.infer<typeof dashboardSchema> & { readonly file: string };

/** The dashboards as they lie in `dashboards/`, whoever wrote them. */
export async function readDashboards(): Promise<Dashboard[]> {
  const files = (await readdir(DASHBOARDS_DIRECTORY)).filter((file) => file.endsWith('.json')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const json: unknown = JSON.parse(await readFile(new URL(file, DASHBOARDS_DIRECTORY), 'utf8'));
      return { ...dashboardSchema.parse(json), file };
    }),
  );
}
