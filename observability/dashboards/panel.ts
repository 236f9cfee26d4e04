/** A question to Prometheus and how its answers are called. */
export interface Query {
  readonly expr: string;
  /** `{{label}}` is replaced by the label's value. */
  readonly legend: string;
  /** Shows the example traces of a histogram. */
  readonly exemplars?: true;
}

/** Of Grafana's units. */
export type Unit = 'short' | 'ops' | 'reqps' | 's' | 'bytes' | 'percentunit' | 'none';

export interface PanelDescription {
  readonly title: string;
  /** What is to be seen, and what it means when it moves. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  readonly kind?: 'timeseries' | 'stat' | 'bargauge';
  /** Draws series on top of each other. */
  readonly isStacked?: true;
  readonly decimals?: number;
  /** From here on it is red. */
  readonly redFrom?: number;
}

/** Panels side by side, of one height. */
export interface PanelRow {
  readonly height: number;
  readonly panels: readonly PanelDescription[];
}

export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Every panel asks the datasource that is chosen at the top of the dashboard. */
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;

/** A panel as Grafana reads it. */
export function renderPanel(panel: PanelDescription, id: number, gridPos: GridPosition): object {
  const { title, description, queries, kind = 'timeseries' } = panel;
  return {
    id,
    type: kind,
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: fieldDefaults(panel), overrides: [] },
    options: OPTIONS[kind],
    targets: queries.map((query, index) => renderTarget(query, index, kind)),
  };
}

function renderTarget({ expr, legend, exemplars }: Query, index: number, kind: string): object {
  return {
    refId: String.fromCodePoint('A'.charCodeAt(0) + index),
    datasource: DATASOURCE,
    expr,
    legendFormat: legend,
    editorMode: 'code',
    range: kind !== 'bargauge',
    instant: kind === 'bargauge',
    exemplar: exemplars ?? false,
  };
}

function fieldDefaults({ unit, decimals, redFrom, kind = 'timeseries', isStacked }: PanelDescription): object {
  const green = { color: 'green', value: null };
  const steps = redFrom === undefined ? [green] : [green, { color: 'red', value: redFrom }];
  const drawing = {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: isStacked === undefined ? 8 : 40,
    showPoints: 'never',
    spanNulls: false,
    stacking: { mode: isStacked === undefined ? 'none' : 'normal', group: 'A' },
    thresholdsStyle: { mode: redFrom === undefined ? 'off' : 'line' },
  };
  return {
    unit,
    min: 0,
    ...(decimals === undefined ? {} : { decimals }),
    color: { mode: kind === 'timeseries' ? 'palette-classic' : 'thresholds' },
    thresholds: { mode: 'absolute', steps },
    ...(kind === 'timeseries' ? { custom: drawing } : {}),
  };
}

const LAST_VALUE = { calcs: ['lastNotNull'], fields: '', values: false };

const OPTIONS = {
  timeseries: {
    legend: { displayMode: 'table', placement: 'bottom', calcs: ['mean', 'max', 'lastNotNull'], showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  stat: {
    reduceOptions: LAST_VALUE,
    colorMode: 'value',
    graphMode: 'area',
    justifyMode: 'auto',
    orientation: 'auto',
    textMode: 'auto',
  },
  bargauge: { reduceOptions: LAST_VALUE, displayMode: 'basic', orientation: 'horizontal', showUnfilled: true },
} as const;
