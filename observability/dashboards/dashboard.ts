import { DATASOURCE, renderPanel, type PanelRow } from './panel.ts';

const GRID_WIDTH = 24;

/** A choice at the top of the dashboard: the values of a label of a metric. */
export interface Choice {
  readonly label: 'namespace' | 'job' | 'pod';
  readonly metric: string;
}

export interface DashboardDescription {
  /** Also the name of its file. */
  readonly name: string;
  /** Part of its address in Grafana: it stays the same for ever. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly choices: readonly Choice[];
  readonly rows: readonly PanelRow[];
}

/** A dashboard as Grafana provisions it. */
export function renderDashboard({ uid, title, description, choices, rows }: DashboardDescription): object {
  return {
    uid,
    title,
    description,
    tags: ['orderflow'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-30m', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    links: [
      {
        type: 'dashboards',
        title: 'Orderflow',
        tags: ['orderflow'],
        asDropdown: true,
        keepTime: true,
        includeVars: true,
      },
    ],
    templating: {
      list: [renderDatasourceChoice(), ...choices.map((choice, index) => renderChoice(choice, index, choices))],
    },
    panels: renderRows(rows),
  };
}

function renderDatasourceChoice(): object {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {}, hide: 0 };
}

/** Each choice is narrowed by those before it. "All" is also what has no such label. */
function renderChoice({ label, metric }: Choice, index: number, all: readonly Choice[]): object {
  const earlier = all.slice(0, index).map((choice) => `${choice.label}=~"$${choice.label}"`);
  const selector = earlier.length === 0 ? metric : `${metric}{${earlier.join(', ')}}`;
  const query = `label_values(${selector}, ${label})`;
  return {
    name: label,
    label: label.charAt(0).toUpperCase() + label.slice(1),
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: label },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
  };
}

function renderRows(rows: readonly PanelRow[]): object[] {
  let y = 0;
  let id = 0;
  return rows.flatMap(({ height, panels }) => {
    const w = Math.floor(GRID_WIDTH / panels.length);
    const top = y;
    y += height;
    return panels.map((panel, column) => renderPanel(panel, (id += 1), { x: column * w, y: top, w, h: height }));
  });
}
