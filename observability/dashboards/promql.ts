/** A metric in an expression, with the labels that it is selected by. */
export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

const KEYWORDS = new Set(['and', 'or', 'unless', 'by', 'without', 'on', 'ignoring', 'offset', 'bool', 'inf', 'nan']);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
const STRING = /"(?:[^"\\]|\\.)*"/g;
const SELECTOR = /(?<![\w.])(?<metric>[a-zA-Z_:][\w:]*)\s*(?<open>\()?(?:\{(?<matchers>[^}]*)\})?/g;
const LABEL = /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)/g;

/**
 * The metrics that a PromQL expression asks for. It knows as much of the language as dashboards use: functions,
 * groupings, matchers, ranges, numbers.
 */
export function parseSelectors(expr: string): Selector[] {
  const text = expr
    .replaceAll(STRING, '""')
    .replaceAll(GROUPING, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\$\{?\w+\}?/g, '');
  return [...text.matchAll(SELECTOR)].flatMap(({ groups }) => {
    const { metric = '', open, matchers = '' } = groups ?? {};
    if (open !== undefined || KEYWORDS.has(metric.toLowerCase())) return [];
    return [{ metric, labels: [...matchers.matchAll(LABEL)].map(([, label = '']) => label) }];
  });
}

/** The variables of Grafana in an expression, without `$`. */
export function variablesOf(expr: string): string[] {
  return [...expr.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name);
}

/** The expression with values in place of variables. @throws {RangeError} for a variable that has none. */
export function substitute(expr: string, values: Readonly<Record<string, string>>): string {
  return expr.replaceAll(/\$\{?(\w+)\}?/g, (variable, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`nothing is known for ${variable}`);
    return value;
  });
}
