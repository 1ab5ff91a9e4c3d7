import type { Alert } from '#src/core/model/alert.js';

/** What `alerts test` sends: an alert as a run makes it, of an incident that there is not. */
export function sampleAlert(id: string, now: Date): Alert {
  const at = now.toISOString();
  const message = 'sales.orders got 602 rows on Monday, 48 % less than the usual 1,168; expected 901 to 1,477.';
  const cause = "91 % of the missing rows have country = 'DE'.";
  return {
    version: 1,
    id,
    event: 'test',
    at,
    run: null,
    actor: 'sentinel',
    store: '00000000-0000-0000-0000-000000000000',
    incident: {
      id: 'INC-0',
      state: 'open',
      severity: 'warn',
      previousSeverity: null,
      source: 'batch',
      tables: [{ schema: 'sales', table: 'orders' }],
      tableCount: 1,
      owners: ['Sales data'],
      title: `This is a test of Sentinel's alerts, nothing is wrong. ${message}`,
      cause,
      nextStep: 'Nothing is to be done.',
      feeds: ['sales.daily_revenue'],
      referencedBy: ['sales.order_items'],
      since: at,
      resolvedAt: null,
      findings: [
        {
          ...{ source: 'batch', schema: 'sales', table: 'orders', check: 'volume', metric: 'rows', severity: 'warn' },
          ...{ value: 602, expected: { lower: 901, upper: 1477 }, score: 0.75, at, message, cause },
        },
      ],
      findingCount: 1,
    },
    links: {},
  };
}
