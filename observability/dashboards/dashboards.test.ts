import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { buildCatalogue, seriesNames } from '../catalogue/catalogue.ts';
import { processRegistries } from '../catalogue/processes.ts';
import { dashboardFiles, DASHBOARDS_DIRECTORY } from './dashboard-files.ts';
import { parseSelectors, variablesOf } from './promql.ts';
import { readDashboards, type Panel } from './provisioned.ts';

const dashboards = await readDashboards();

/** Labels that the scraper gives to every series. */
const TARGET_LABELS = ['namespace', 'job', 'pod'];
const GRAFANA_VARIABLES = ['__rate_interval'];

const labelsOfSeries = new Map(
  buildCatalogue(processRegistries()).flatMap((entry) =>
    seriesNames(entry).map((series) => [series, [...entry.labels, ...(series.endsWith('_bucket') ? ['le'] : [])]]),
  ),
);

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

test('dashboards/*.json are what their descriptions make (npm run dashboards)', async () => {
  expect(dashboards.map(({ file }) => file).toSorted()).toEqual([...dashboardFiles().keys()].toSorted());
  for (const [file, text] of dashboardFiles()) {
    expect(await readFile(new URL(file, DASHBOARDS_DIRECTORY), 'utf8')).toBe(text);
  }
});

test('no two dashboards have the same address or title', () => {
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  expect(new Set(dashboards.map(({ title }) => title)).size).toBe(dashboards.length);
});

describe.each(dashboards)('$file', ({ panels, templating }) => {
  const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
  const titlesWhere = (isWrong: (panel: Panel) => boolean): string[] =>
    panels.filter(isWrong).map(({ title }) => title);
  const queriesWhere = (isWrong: (expr: string) => boolean): string[] =>
    queries.filter(({ expr }) => isWrong(expr)).map(({ title, expr }) => `${title}: ${expr}`);

  test('asks the datasource that is chosen, everywhere', () => {
    expect(templating.list).toContainEqual(expect.objectContaining({ name: 'datasource', type: 'datasource' }));
    const hardWired = (uid: string): boolean => uid !== '${datasource}';
    expect(
      titlesWhere(
        ({ datasource, targets }) =>
          hardWired(datasource.uid) || targets.some((target) => hardWired(target.datasource.uid)),
      ),
    ).toEqual([]);
    const choices = templating.list.filter(({ type }) => type === 'query');
    expect(choices.filter(({ datasource }) => datasource?.uid !== '${datasource}')).toEqual([]);
  });

  test('asks for metrics of the catalogue only', () => {
    const unknown = (expr: string): boolean => parseSelectors(expr).some(({ metric }) => !labelsOfSeries.has(metric));
    expect(queriesWhere(unknown)).toEqual([]);
    expect(queriesWhere((expr) => parseSelectors(expr).length === 0)).toEqual([]);
  });

  test('selects by labels that its metrics have', () => {
    const isStrange = (expr: string): boolean =>
      parseSelectors(expr).some(({ metric, labels }) =>
        labels.some((label) => ![...TARGET_LABELS, ...(labelsOfSeries.get(metric) ?? [])].includes(label)),
      );
    expect(queriesWhere(isStrange)).toEqual([]);
  });

  test('looks at the chosen namespace, and names none', () => {
    expect(queriesWhere((expr) => parseSelectors(expr).some(({ labels }) => !labels.includes('namespace')))).toEqual(
      [],
    );
    expect(queriesWhere((expr) => /namespace\s*(?:=~|!~|!=|=)\s*"(?!\$namespace")/.test(expr))).toEqual([]);
  });

  test('rates over the interval that Grafana chooses', () => {
    const ranges = (expr: string): string[] => [...expr.matchAll(/\[([^\]]*)\]/g)].map(([, range = '']) => range);
    // In a matcher, [.] is a dot.
    const others = (expr: string): boolean =>
      ranges(expr.replaceAll(/"[^"]*"/g, '""')).some((range) => range !== '$__rate_interval');
    expect(queriesWhere(others)).toEqual([]);
  });

  test('uses no variable that it does not have', () => {
    const known = [...templating.list.map(({ name }) => name), ...GRAFANA_VARIABLES];
    expect(queriesWhere((expr) => variablesOf(expr).some((name) => !known.includes(name)))).toEqual([]);
  });

  test('says on every panel what is to be seen, and in which unit', () => {
    expect(titlesWhere(({ description }) => description.length < 20)).toEqual([]);
    expect(titlesWhere(({ fieldConfig }) => fieldConfig.defaults.unit === undefined)).toEqual([]);
  });

  test('has panels that do not cover each other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(titlesWhere(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
    expect(titlesWhere((panel) => panels.some((other) => other.id !== panel.id && overlap(panel, other)))).toEqual([]);
  });
});
