import { byteSize, duration } from '../../../core/checks/sentence.js';
import { h } from '../dom.js';
import { count, foreign, moment, shortCount } from '../format.js';
import { ask } from './ask.js';

/** A run as the API tells of it. */
export interface Run {
  readonly run: string;
  readonly command: string;
  readonly state: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly totals: {
    readonly tables?: { readonly ok: number; readonly failed: number; readonly skipped: number };
    readonly findings?: number;
    readonly incomplete?: boolean;
  } | null;
  readonly cost: {
    readonly rows?: number;
    readonly bytes?: number;
    readonly connectionsMax?: number;
    readonly longestTransactionMs?: number;
  } | null;
}

interface RunsAnswer {
  readonly runs: readonly Run[];
  readonly before: number | null;
}

interface Schedule {
  readonly name: string;
  readonly cron: string;
  readonly nextAt: readonly string[];
  readonly state: string;
}

const HEADS = ['Run', 'Started', 'State'];
const NUMBERS = ['Took', 'Tables', 'Findings', 'Rows', 'Read', 'Connections', 'Longest transaction'];
const AT_A_TIME = 50;

/** What ran, what it cost the databases, and what runs next. */
export async function runsPage(): Promise<HTMLElement> {
  const [first, { schedules }] = await Promise.all([
    ask<RunsAnswer>(`/api/v1/runs?limit=${AT_A_TIME}`),
    ask<{ readonly schedules: readonly Schedule[] }>('/api/v1/schedules'),
  ]);
  const body = h('tbody', {}, ...first.runs.map(runRow));
  const more = h('button', { type: 'button', class: 'more' }, 'Show older runs');
  let before = first.before;
  more.hidden = before === null;
  more.addEventListener('click', async () => {
    const next = await ask<RunsAnswer>(`/api/v1/runs?limit=${AT_A_TIME}&before=${before}`);
    body.append(...next.runs.map(runRow));
    before = next.before;
    more.hidden = before === null;
  });
  return h(
    'article',
    { class: 'runs' },
    h('div', { class: 'section-head' }, h('h1', { tabindex: -1 }, 'Runs'), startForm()),
    scheduleList(schedules),
    h(
      'div',
      { class: 'wide-table', role: 'region', 'aria-label': 'List of runs', tabindex: 0 },
      h(
        'table',
        { class: 'plain' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...HEADS.map((head) => h('th', { scope: 'col' }, head)),
            ...NUMBERS.map((head) => h('th', { scope: 'col', class: 'number' }, head)),
          ),
        ),
        body,
      ),
    ),
    more,
  );
}

/** Null while it goes on. */
export function tookOf({ startedAt, finishedAt }: Pick<Run, 'startedAt' | 'finishedAt'>): string | null {
  return finishedAt === null ? null : duration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
}

/** One that ended but could not read all that it was to read is not like the others. */
export function stateWords({ state, totals }: Pick<Run, 'state' | 'totals'>): string {
  return state === 'finished' && totals?.incomplete === true ? 'incomplete' : state;
}

function runRow({ run, command, state, startedAt, finishedAt, totals, cost }: Run): HTMLElement {
  const words = stateWords({ state, totals });
  const tables = totals?.tables;
  const failed = tables && tables.failed > 0 ? `, ${tables.failed} failed` : '';
  const number = (value: string | undefined) => h('td', { class: 'number' }, value ?? '–');
  return h(
    'tr',
    {},
    h(
      'th',
      { scope: 'row' },
      h('a', { href: `#/run/${encodeURIComponent(run)}` }, foreign(run)),
      command === 'run' ? '' : ` (${command})`,
    ),
    h('td', {}, moment(Date.parse(startedAt) / 1000)),
    h('td', { class: words === 'finished' ? '' : 'ink warn' }, words),
    number(tookOf({ startedAt, finishedAt }) ?? undefined),
    number(tables && `${tables.ok + tables.failed + tables.skipped}${failed}`),
    number(totals?.findings?.toString()),
    number(cost?.rows === undefined ? undefined : shortCount(cost.rows)),
    number(cost?.bytes === undefined ? undefined : byteSize(cost.bytes)),
    number(cost?.connectionsMax?.toString()),
    number(cost?.longestTransactionMs === undefined ? undefined : duration(cost.longestTransactionMs / 1000)),
  );
}

function scheduleList(schedules: readonly Schedule[]): HTMLElement {
  if (schedules.length === 0)
    return h('p', { class: 'found' }, 'Nothing is scheduled (SCHEDULE, or schedules in sentinel.yaml).');
  return h(
    'ul',
    { class: 'schedules', 'aria-label': 'Schedules' },
    ...schedules.map(({ name, cron, nextAt, state }) =>
      h(
        'li',
        {},
        h('strong', {}, foreign(name)),
        ` ${cron}, `,
        state === 'idle' ? `next ${nextAt[0] === undefined ? 'never' : moment(Date.parse(nextAt[0]) / 1000)}` : state,
      ),
    ),
  );
}

/** Nothing but a button: what a run is to look at is what the schedules and the command line are for. */
export function startForm(): HTMLElement {
  const button = h('button', { type: 'button', class: 'primary' }, 'Run now');
  const problem = h('span', { class: 'problem', role: 'alert' });
  button.addEventListener('click', async () => {
    problem.textContent = '';
    try {
      await ask('/api/v1/runs', { command: 'run' });
    } catch (error) {
      problem.textContent = (error as Error).message;
    }
  });
  return h('div', { class: 'start' }, button, problem);
}

/** How far a run is, in words. */
export function progressWords({
  tables,
  rows,
}: {
  tables: { listed: number; done: number; failed: number };
  rows: number;
}): string {
  if (tables.listed === 0) return 'listing tables';
  const failed = tables.failed > 0 ? `, ${tables.failed} failed` : '';
  return `${tables.done} of ${count(tables.listed, 'table')}${failed}, ${shortCount(rows)} rows`;
}
