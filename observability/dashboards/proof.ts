import type { DashboardDescription } from './dashboard.ts';

const SCOPE = 'namespace=~"$namespace"';

/** What the standing auditor finds: whether anything was lost, doubled or altered. */
export const PROOF: DashboardDescription = {
  name: 'proof',
  uid: 'orderflow-proof',
  title: 'Orderflow / Proof',
  description: 'The verdict of the auditor that compares orders, topic and analytics all the time, minute by minute.',
  choices: [{ label: 'namespace', metric: 'audit_verdict' }],
  rows: [
    {
      height: 4,
      panels: [
        {
          kind: 'stat',
          title: 'Lost',
          description: 'Orders and state changes that never reached analytics, since the auditor was started.',
          unit: 'none',
          redFrom: 1,
          queries: [{ expr: `sum(orders_lost_total{${SCOPE}})`, legend: 'lost' }],
        },
        {
          kind: 'stat',
          title: 'Duplicated',
          description: 'State changes that had their effect more than once, since the auditor was started.',
          unit: 'none',
          redFrom: 1,
          queries: [{ expr: `sum(orders_duplicated_total{${SCOPE}})`, legend: 'duplicated' }],
        },
        {
          kind: 'stat',
          title: 'Revenue drift',
          description: 'Cents between the revenue of analytics and what the orders come to. It is 0 to the cent.',
          unit: 'none',
          redFrom: 1,
          queries: [{ expr: `max(abs(revenue_drift_cents{${SCOPE}}))`, legend: 'cents' }],
        },
        {
          kind: 'stat',
          title: 'Oldest unaccounted',
          description: 'Age of the oldest state change that is neither in analytics nor known to be held back.',
          unit: 's',
          redFrom: 60,
          queries: [{ expr: `max(oldest_unaccounted_seconds{${SCOPE}})`, legend: 'oldest' }],
        },
        {
          kind: 'stat',
          title: 'Proved up to',
          description: 'Age of the newest order up to which every minute is proved.',
          unit: 's',
          queries: [{ expr: `max(audit_lag_seconds{${SCOPE}})`, legend: 'ago' }],
        },
        {
          kind: 'stat',
          title: 'Last round',
          description: 'How long ago the auditor finished a whole round. Old: it cannot read one of its sources.',
          unit: 's',
          redFrom: 120,
          queries: [{ expr: `time() - max(audit_last_verdict_timestamp_seconds{${SCOPE}} > 0)`, legend: 'ago' }],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Verdict',
          description: 'Which verdict holds. Settling is normal under load: the youngest orders cannot be judged yet.',
          unit: 'none',
          isStacked: true,
          queries: [{ expr: `max by (verdict) (audit_verdict{${SCOPE}})`, legend: '{{verdict}}' }],
        },
        {
          title: 'Findings',
          description: 'Findings that stand now, by kind. All of them are 0 on a platform that keeps its promises.',
          unit: 'none',
          queries: [{ expr: `max by (kind) (audit_findings{${SCOPE}})`, legend: '{{kind}}' }],
        },
        {
          title: 'Pending',
          description: 'State changes without an effect although nothing is wrong, by what they wait for.',
          unit: 'short',
          queries: [{ expr: `max by (reason) (audit_pending_events{${SCOPE}})`, legend: '{{reason}}' }],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          title: 'Minutes compared',
          description: 'Minutes of orders that were compared, per minute, by what came of it.',
          unit: 'short',
          isStacked: true,
          queries: [
            {
              expr: `60 * sum by (outcome) (rate(audit_windows_checked_total{${SCOPE}}[$__rate_interval]))`,
              legend: '{{outcome}}',
            },
          ],
        },
        {
          title: 'Statements compared',
          description: 'Messages of the topic and lines of receipts that were compared with their rows.',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (source) (rate(audit_claims_checked_total{${SCOPE}}[$__rate_interval]))`,
              legend: '{{source}}',
            },
          ],
        },
        {
          title: 'Rounds',
          description: 'How long a round takes on average, and rounds per minute that ended early.',
          unit: 's',
          queries: [
            {
              expr: `sum(rate(audit_round_duration_seconds_sum{${SCOPE}}[$__rate_interval])) / sum(rate(audit_round_duration_seconds_count{${SCOPE}}[$__rate_interval]))`,
              legend: 'duration',
            },
            {
              expr: `60 * sum(rate(audit_rounds_failed_total{${SCOPE}}[$__rate_interval]))`,
              legend: 'failed per minute',
            },
          ],
        },
      ],
    },
  ],
};
