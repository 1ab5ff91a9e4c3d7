import type {
  ReportColumn,
  ReportData,
  ReportFinding,
  ReportIncident,
  ReportSeries,
  ReportTable,
  Trend,
} from '#src/report/report-data.js';

const DAY = 86_400;
const AS_OF = Date.UTC(2026, 10, 24, 2) / 1000;
const DAYS = 120;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Names that would be markup, leave their line, or turn the text around them. */
export const HOSTILE = {
  schema: `it's "quoted"`,
  table: `</script><img src=x onerror=document.title='broken'>`,
  rightToLeft: 'הזמנות\u202e_sredro',
  emoji: `${'🦖'.repeat(15)}abc`,
} as const;

/** What is only shown. */
const NOTICED: ReportFinding = {
  severity: 'info',
  check: 'schema',
  message: 'Column sales.customers.nickname (text) was added since the run of 2026-11-23 02:00 UTC.',
  table: 0,
  column: 'nickname',
};

export interface WorldOptions {
  readonly tables?: number;
  /** False for a report in which everything is as it should be. */
  readonly wrong?: boolean;
  /** Adds tables of hostile names and values. */
  readonly hostile?: boolean;
}

/** A report as a month-old installation would make it, generated: the same options give the same report. */
export function reportWorld({ tables: number = 48, wrong = true, hostile = false }: WorldOptions = {}): ReportData {
  const random = randomNumbers(7);
  const days = Array.from({ length: DAYS }, (_, i) => AS_OF - (AS_OF % DAY) - (DAYS - i) * DAY);
  const tables = Array.from({ length: number }, (_, i) => tableOf(i, random));
  if (hostile) {
    tables.push({ ...tableOf(1, random), schema: HOSTILE.schema, table: HOSTILE.table, columns: [hostileColumn()] });
    tables.push({ ...tableOf(2, random), table: HOSTILE.rightToLeft });
    tables.push({ ...tableOf(3, random), table: HOSTILE.emoji });
  }
  const incidents = wrong ? plant(tables, hostile) : [];
  return {
    version: 1,
    madeAt: AS_OF + 40,
    run: { label: '20261124-020000-4f1c22', asOf: AS_OF, judged: true, finished: true },
    sources: wrong
      ? [
          { name: 'batch' },
          { name: 'cdc' },
          { name: 'lake', failure: 'connection refused at 10.0.0.7:5432; check LAKE_DB_HOST and LAKE_DB_PORT' },
        ]
      : [{ name: 'batch' }, { name: 'cdc' }],
    incidents,
    noticed: wrong ? [NOTICED] : [],
    axes: [days],
    heat: { first: new Date(days[1]! * 1000).toISOString().slice(0, 10), count: DAYS },
    totals: totalsOf(tables),
    tables,
  };
}

function totalsOf(tables: readonly ReportTable[]): ReportData['totals'] {
  const of = (state: ReportTable['state']) => tables.filter((table) => table.state === state).length;
  return {
    judged: of('judged'),
    learning: of('learning'),
    failed: of('failed'),
    skipped: of('skipped'),
    gone: of('gone'),
  };
}

const NAMES = [
  'orders',
  'order_lines',
  'customers',
  'payments',
  'refunds',
  'sessions',
  'page_views',
  'products',
  'stores',
  'shipments',
  'invoices',
  'ledger_entries',
];
const SCHEMAS = ['sales', 'crm', 'finance', 'web'];

function tableOf(i: number, random: () => number): ReportTable {
  const base = 200 * 4 ** (random() * 5);
  const weekend = random() < 0.5 ? 0.6 : 1;
  const usual = (day: number) => base * (day % 7 > 4 ? weekend : 1);
  const values = Array.from({ length: DAYS }, (_, day) => Math.round(usual(day) * (0.94 + 0.12 * random())));
  const known = (day: number) => day > 9;
  const volume: ReportSeries = {
    label: 'rows per day',
    unit: 'count',
    axis: 0,
    values,
    band: {
      lower: values.map((_, day) => (known(day) ? Math.round(usual(day) * 0.88) : null)),
      upper: values.map((_, day) => (known(day) ? Math.round(usual(day) * 1.12) : null)),
    },
    marks: [],
  };
  return {
    source: i % 3 === 2 ? 'cdc' : 'batch',
    schema: SCHEMAS[i % SCHEMAS.length]!,
    table: `${NAMES[i % NAMES.length]}${i >= NAMES.length ? `_${Math.floor(i / NAMES.length) + 1}` : ''}`,
    state: 'judged',
    seenAt: AS_OF,
    rows: values.reduce((sum, value) => sum + value, 0),
    newest: { column: 'created_at', at: AS_OF - Math.round(7000 * random()) },
    heat: values.map((_, day) => (known(day) ? '0' : '~')).join(''),
    volume,
    changes: [],
    columns: columnsOf(random),
  };
}

function columnsOf(random: () => number): ReportColumn[] {
  return [
    {
      name: 'id',
      type: 'bigint',
      nullRate: 0,
      distinct: 184_213,
      estimated: true,
      mean: 92_107,
      min: '1',
      max: '184213',
      shape: bump(() => 30),
      ends: ['1842', '182371'],
      median: { at: 0.5, value: '92107' },
    },
    {
      name: 'status',
      type: 'sales.order_status',
      nullRate: 0,
      distinct: 5,
      min: 'placed',
      max: 'cancelled',
      top: [
        ['delivered', 0.43],
        ['shipped', 0.22],
        ['paid', 0.19],
        ['placed', 0.1],
        ['cancelled', 0.06],
      ],
    },
    {
      name: 'total',
      type: 'numeric(12,2)',
      nullRate: 0.012,
      nullTrend: bump((x) => 20 + 10 * Math.sin(x * 30) + 8 * random(), 0.008, 0.016, 100),
      distinct: 21_402,
      estimated: true,
      mean: 55.12,
      meanTrend: bump((x) => 30 + 14 * Math.sin(x * 50) + 10 * random(), 51, 58.4, 100),
      min: '0.99',
      max: '1940.00',
      shape: bump((x) => 61 * Math.exp(-(((x - 0.2) / 0.16) ** 2)) + 3, 2.1, 310.4),
      ends: ['2.10', '310.40'],
      median: { at: 0.24, value: '40.11' },
    },
    { name: 'customer_email', type: 'text', nullRate: 0.041, distinct: 18_801, estimated: true, masked: 'e-mail' },
    { name: 'note', type: 'text', nullRate: 0.95, distinct: 61, top: [] },
    {
      name: 'location',
      type: 'geometry',
      failure: 'the role has no privilege to read column location; grant it SELECT on sales.orders',
    },
    {
      name: 'created_at',
      type: 'timestamp with time zone',
      nullRate: 0,
      distinct: 181_000,
      estimated: true,
      min: '2026-07-27 00:00:11+00',
      max: '2026-11-24 01:14:02+00',
      shape: bump((x) => 40 + 12 * Math.sin(x * 70)),
      ends: ['2026-07-28 08:10', '2026-11-23 02:00'],
      median: { at: 0.52, value: '2026-09-27 11:02:40+00' },
    },
  ];
}

function hostileColumn(): ReportColumn {
  const value = `</script><script>document.title='broken'</script>`;
  return {
    name: `"><b>bold</b>`,
    type: `varchar(3)<i>`,
    nullRate: 0.5,
    distinct: 2,
    min: '&lt;',
    max: HOSTILE.rightToLeft,
    top: [
      [value, 0.4],
      ['', 0.1],
    ],
  };
}

function bump(height: (x: number) => number, low = 0, high = 100, points = 32): Trend {
  const digits = Array.from(
    { length: points },
    (_, i) => DIGITS[Math.max(0, Math.min(61, Math.round(height(i / (points - 1)))))],
  );
  return { points: digits.join(''), low, high };
}

/** Puts what went wrong into the tables, and says so. */
function plant(tables: ReportTable[], hostile: boolean): ReportIncident[] {
  const name = (i: number) => `${tables[i]!.schema}.${tables[i]!.table}`;
  const halfLoad = spoil(tables, 0, 0.31, [DAYS - 1]);
  const silent = spoil(tables, 7, 0, [DAYS - 3, DAYS - 2, DAYS - 1]);
  const doubled = spoil(tables, 14, 2.1, [DAYS - 1]);
  for (const [i, day] of [
    [3, 60],
    [9, 71],
    [22, 97],
    [30, 40],
    [31, 104],
  ] as const)
    spoil(tables, i, 0.7, [day], '2');
  tables[40] = {
    ...tables[40]!,
    state: 'failed',
    reason: 'the role has no privilege to read it; GRANT SELECT ON web.stores TO sentinel',
  };
  tables[41] = { ...tables[41]!, state: 'skipped', reason: 'dropped while the run read it' };
  for (const i of [44, 45, 46])
    tables[i] = { ...tables[i]!, state: 'learning', reason: 'seen in 3 runs', heat: `${'-'.repeat(DAYS - 3)}~~~` };
  tables[5] = {
    ...tables[5]!,
    changes: [
      { at: AS_OF, text: 'column discount_rate (real) was dropped' },
      { at: AS_OF - 31 * DAY, text: 'column channel (text) was added' },
    ],
  };
  const findings = (...all: ReportFinding[]) => all;
  const incident = (
    id: string,
    severity: ReportIncident['severity'],
    days: number,
    found: ReportFinding[],
    more: Partial<ReportIncident> = {},
  ): ReportIncident => ({
    id,
    state: 'open',
    severity,
    title: found[0]!.message,
    cause: null,
    since: AS_OF - days * DAY,
    findings: found,
    ...more,
  });
  const critical = 'critical' as const;
  return [
    incident(
      'I-31',
      critical,
      0,
      findings(
        {
          severity: critical,
          check: 'volume',
          table: 0,
          series: halfLoad,
          message: `${name(0)} got ${halfLoad.values.at(-1)} rows on 2026-11-23, 69 % less than usual; expected 9,800 to 12,400.`,
        },
        {
          severity: 'warn',
          check: 'volume',
          table: 1,
          message: `${name(1)} got 12,204 rows on 2026-11-23, 66 % less than the usual 36,300.`,
        },
        {
          severity: 'warn',
          check: 'null_rate',
          table: 0,
          column: 'total',
          series: nullRate(),
          message: `${name(0)}.total was null in 14 % of the rows inserted on 2026-11-23; expected 0.6 % to 1.9 %.`,
        },
      ),
      {
        cause:
          'One load is half done: every row of 2026-11-23 was inserted before 11:40, in sales.orders and sales.order_lines.',
      },
    ),
    incident(
      'I-28',
      critical,
      3,
      findings({
        severity: critical,
        check: 'freshness',
        table: 7,
        series: silent,
        message: `${name(7)} has got no row since 2026-11-20 23:58 UTC; it usually gets some every 12 min.`,
      }),
      { state: 'acknowledged' },
    ),
    incident(
      'I-32',
      'warn',
      0,
      findings({
        severity: 'warn',
        check: 'volume',
        table: 14,
        series: doubled,
        message: `${name(14)} got ${doubled.values.at(-1)} rows on 2026-11-23, 110 % more than usual.`,
      }),
      { cause: 'Every row of 2026-11-23 is there twice.' },
    ),
    incident(
      'I-33',
      'warn',
      0,
      findings({
        severity: 'warn',
        check: 'schema',
        table: 5,
        message: `${name(5)}: column discount_rate (real) was dropped.`,
      }),
    ),
    incident(
      'I-34',
      'info',
      0,
      findings({
        severity: 'info',
        check: 'categories',
        table: 9,
        column: 'status',
        message: `${name(9)}.status: the value 'on_hold' is new, in 41 rows (3.1 %) inserted on 2026-11-23.`,
      }),
    ),
    ...(hostile
      ? [
          incident(
            'I-<b>"',
            'info',
            0,
            findings({
              severity: 'info',
              check: 'schema',
              table: tables.length - 3,
              message: `${HOSTILE.table} ${HOSTILE.rightToLeft}`,
            }),
          ),
        ]
      : []),
    incident(
      'I-12',
      'info',
      40,
      findings({ severity: 'info', check: 'volume', table: 30, message: `${name(30)} is empty on Sundays.` }),
      { state: 'expected' },
    ),
  ];
}

function spoil(
  tables: ReportTable[],
  i: number,
  factor: number,
  days: readonly number[],
  state: '2' | '3' = '3',
): ReportSeries {
  const table = tables[i]!;
  const values = table.volume!.values.map((value, day) => (days.includes(day) ? Math.round(value! * factor) : value));
  const severity = state === '3' ? 'critical' : 'warn';
  const volume: ReportSeries = { ...table.volume!, values, marks: days.map((day) => [day, severity] as const) };
  const heat = [...table.heat].map((each, day) => (days.includes(day) ? state : each)).join('');
  tables[i] = { ...table, volume, heat };
  return volume;
}

function nullRate(): ReportSeries {
  const random = randomNumbers(3);
  const values = Array.from({ length: DAYS }, (_, day) => (day === DAYS - 1 ? 0.14 : 0.01 + 0.004 * random()));
  return {
    label: 'null rate of total',
    unit: 'share',
    axis: 0,
    values,
    band: {
      lower: values.map((_, day) => (day < 8 ? null : 0.006)),
      upper: values.map((_, day) => (day < 8 ? null : 0.019)),
    },
    marks: [[DAYS - 1, 'warn']],
  };
}

/** Numbers from 0 to 1 (Park & Miller 1988). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
