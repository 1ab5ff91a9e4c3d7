import { describe, expect, test } from 'vitest';
import { formatAge, formatBytes, formatDuration, formatNumber, formatTime } from '#src/cli/render/format.js';
import { paint, usesColor } from '#src/cli/render/style.js';
import { renderSummary, type SummaryInput } from '#src/cli/render/summary.js';
import { renderTable } from '#src/cli/render/table.js';
import { escapeControls, textWidth, truncate, wrap } from '#src/cli/render/text-width.js';
import type { Finding } from '#src/core/model/finding.js';
import type { TableProfile } from '#src/core/model/profile.js';

describe('format', () => {
  test.each([
    [0, '0'],
    [1_234_567, '1,234,567'],
    [-1_234, '-1,234'],
    [0.012345, '0.01235'],
    [1234.5678, '1,235'],
    [12.5, '12.5'],
    [123_456.7, '123,457'],
    [1e20, '1.000e+20'],
    [1e-7, '1.000e-7'],
    [Number.NaN, 'NaN'],
  ])('number %d is %s', (value, text) => expect(formatNumber(value)).toBe(text));

  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1,023 bytes'],
    [1024, '1.0 KiB'],
    [1_048_575, '1.0 MiB'],
    [1.3 * 2 ** 30, '1.3 GiB'],
    [150 * 2 ** 20, '150 MiB'],
    [2 ** 60, '1024 PiB'],
  ])('%d bytes are %s', (value, text) => expect(formatBytes(value)).toBe(text));

  test.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [59_949, '59.9 s'],
    [59_999, '1 min'],
    [250_000, '4 min 10 s'],
    [3_599_999, '1 h'],
    [11_100_000, '3 h 5 min'],
    [187_200_000, '2 d 4 h'],
  ])('%d ms are %s', (value, text) => expect(formatDuration(value)).toBe(text));

  test.each([
    [0, 'just now'],
    [59_999, '59 s ago'],
    [3 * 3_600_000 + 5, '3 h ago'],
    [-7_200_000, 'in 2 h'],
    [90 * 86_400_000, '90 d ago'],
  ])('an age of %d ms is %s', (value, text) => expect(formatAge(value)).toBe(text));

  test('time', () => expect(formatTime(Date.UTC(2026, 10, 23, 6))).toBe('2026-11-23 06:00:00Z'));
});

describe('text', () => {
  test.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['é…', 2],
    ['\u200D', 0],
  ])('%s takes %d columns', (text, width) => expect(textWidth(text)).toBe(width));

  test('is cut by columns and not by code units', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('日本語', 4)).toBe('日…');
    expect(truncate('日本', 4)).toBe('日本');
    expect(truncate('👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…');
  });

  test('wraps at blanks', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('longest word', 4)).toEqual(['long', 'est', 'word']);
  });

  test('cannot move the cursor or turn the line around', () => {
    expect(escapeControls('a\nb\t\u001B[2J\u202Ec\u2028')).toBe('a\\nb\\t\\u{1b}[2J\\u{202e}c\\u{2028}');
    expect(escapeControls('👩‍👩‍👧 日本')).toBe('👩‍👩‍👧 日本');
  });
});

describe('table', () => {
  const columns = [{ title: 'table' }, { title: 'rows', align: 'right' as const }, { title: 'why' }];

  test('is aligned, and ends no line with a blank', () => {
    expect(
      renderTable(columns, [
        ['日本', '1,000', ''],
        ['orders', '7', 'x'],
      ]),
    ).toBe(['table    rows  why', '日本    1,000', 'orders      7  x'].join('\n'));
  });

  test('is cut to the terminal, the widest column first', () => {
    const text = renderTable(columns, [['a'.repeat(10), '7', 'b'.repeat(60)]], { width: 40 });
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(40);
    expect(text).toContain('a'.repeat(10));
    expect(text).toContain('b…');
  });

  test('shows hostile names on one line', () => {
    expect(renderTable([{ title: 't' }], [['a\nb\u001B[31m']]).split('\n')).toHaveLength(2);
  });

  test('is painted only where asked, without an effect on its columns', () => {
    const rows = [[{ text: 'warn', style: 'yellow' as const }, '1', 'x']];
    const plain = renderTable(columns, rows);
    const painted = renderTable(columns, rows, { color: true });
    expect(plain).not.toContain('\u001B');
    expect(painted).toContain('\u001B[33mwarn\u001B[0m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is taken out.
    expect(painted.replace(/\u001B\[\d+m/g, '')).toBe(plain);
  });
});

test('colour needs a terminal, and NO_COLOR and a dumb one have none', () => {
  expect(usesColor({ isTTY: true }, {})).toBe(true);
  expect(usesColor({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
  expect(usesColor({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
  expect(usesColor({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  expect(usesColor({}, {})).toBe(false);
  expect(paint('', 'red', true)).toBe('');
});

describe('summary', () => {
  const finding = (more: Partial<Finding>): Finding => ({
    source: 'batch',
    schema: 'public',
    table: 'orders',
    metric: 'row_count',
    check: 'row_count',
    severity: 'warn',
    value: 1,
    expected: {},
    score: 0.6,
    at: '2026-11-23T06:00:00Z',
    message: 'orders has 1 row, 40 % fewer than expected.',
    ...more,
  });
  const outcome = (more: Partial<TableProfile>): TableProfile => ({
    source: 'batch',
    schema: 'public',
    table: 'orders',
    status: 'ok',
    mode: 'full',
    consistent: true,
    durationMs: 1,
    columns: [],
    ...more,
  });
  const figures = {
    run: '2026-11-23-1',
    incomplete: false,
    durationMs: 12_300,
    rows: 3_000_000,
    bytes: 2 ** 30,
    connectionsMax: 1,
    longestTransactionMs: 850,
  };
  const render = (input: Partial<SummaryInput>) =>
    renderSummary({ figures, findings: [], outcomes: [], sourceFailures: [], ...input }, { width: 80, color: false });

  test('of a quiet run is its counts and its cost', () => {
    expect(render({ outcomes: [outcome({})] })).toBe(
      'Run 2026-11-23-1: 1 table looked at; no findings.\n' +
        'Cost: 12.3 s, 3,000,000 rows and 1.0 GiB read, at most 1 connection to a source,\nlongest transaction 850 ms.',
    );
  });

  test('boxes what is critical, then lists the rest worst first', () => {
    const text = render({
      findings: [
        finding({ severity: 'info', table: 'c' }),
        finding({ severity: 'warn', table: 'b2', score: 0.6 }),
        finding({ severity: 'warn', table: 'b1', score: 0.9 }),
        finding({ severity: 'critical', table: 'a', column: 'email', message: 'word '.repeat(40).trim() }),
      ],
    });
    const order = ['CRITICAL  batch.public.a.email', 'batch.public.b1', 'batch.public.b2', 'batch.public.c', 'Run '];
    const places = order.map((part) => text.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(text).toContain('4 findings (1 critical, 2 warn, 1 info)');
    const box = text.split('\n').filter((line) => /^[┌│└]/.test(line));
    expect(new Set(box.map(textWidth)).size).toBe(1);
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80);
  });

  test('says what explains a finding after it', () => {
    const cause = "94 % of the missing rows have country = 'BR'.";
    const text = render({
      findings: [finding({ cause }), finding({ severity: 'critical', cause, message: 'All gone.' })],
    });
    expect(text).toContain(`All gone. ${cause}`);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`40 % fewer than expected. ${cause}`);
  });

  test('loses no word of a sentence that is longer than a line', () => {
    const why = 'permission denied for table t; GRANT SELECT ON "public"."t" TO "sentinel_with_a_long_name_for_a_role"';
    const text = render({
      findings: [finding({ column: 'a_column_with_a_rather_long_name', message: 'word '.repeat(30).trim() })],
      outcomes: [
        outcome({ table: 't', status: 'failed', failure: { code: '42501', message: why, retryable: false } }),
        outcome({ table: 'x'.repeat(90), status: 'skipped' }),
      ],
    });
    const words = text.replace(/\s+/g, ' ');
    expect(words).toContain('word '.repeat(30));
    expect(words).toContain(why);
    expect(text.replace(/\s+/g, '')).toContain('x'.repeat(90));
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80);
  });

  test('of a run that judged nothing does not say that nothing was found', () => {
    expect(render({ outcomes: [outcome({})], judged: false })).toMatch(/^Run 2026-11-23-1: 1 table looked at\.\n/);
    const stopped = render({ outcomes: [outcome({})], judged: false, stopped: true });
    expect(stopped).toContain('1 table looked at; not judged.\nStopped before its end');
    expect(stopped).not.toContain('no findings');
    expect(stopped).toContain('nothing of its verdict is kept; run it again.');
    const resumable = render({ outcomes: [outcome({})], judged: false, stopped: true, resumable: true });
    expect(resumable.replaceAll('\n', ' ')).toContain('the same command with --resume goes on with the rest.');
    expect(render({ outcomes: [outcome({})], firstSeen: 1 })).toContain(
      'no findings.\n1 table was looked at for the first time: there is no past yet to judge by.',
    );
  });

  test('says why a check could not judge', () => {
    const checkFailures = [{ message: 'check row_count could not judge public.orders: bad figure' }];
    expect(render({ figures: { ...figures, incomplete: true }, checkFailures })).toMatch(
      /check +check row_count could not judge public\.orders: bad figure[\s\S]*Incomplete/,
    );
  });

  test('names what could not be judged, and a source that is down once', () => {
    const failure = { code: 'X', message: 'permission denied', retryable: false };
    const text = render({
      figures: { ...figures, incomplete: true },
      sourceFailures: [{ source: 'cdc', failure: { message: 'connection refused' } }],
      outcomes: [
        outcome({ source: 'cdc', table: 'one', status: 'failed', failure }),
        outcome({ table: 'two', status: 'failed', failure }),
        outcome({ table: 'gone', status: 'skipped' }),
      ],
    });
    expect(text).toMatch(/failed +cdc +connection refused/);
    expect(text).toMatch(/failed +batch\.public\.two +permission denied/);
    expect(text).toMatch(/skipped +batch\.public\.gone/);
    expect(text).not.toContain('cdc.public.one');
    expect(text).toContain('3 tables looked at, 2 failed, 1 skipped');
    expect(text).toContain('Incomplete');
  });

  test('stays short where very much was found', () => {
    const findings = Array.from({ length: 500 }, (_, index) => finding({ severity: 'critical', table: `t${index}` }));
    const text = render({ findings });
    expect(text.split('\n').length).toBeLessThan(120);
    expect(text).toContain('… and 465 more findings');
  });

  test('of a source is named by the source alone', () => {
    expect(render({ findings: [finding({ schema: null, table: null, check: 'slots' })] })).toMatch(
      /warn +batch +slots/,
    );
  });
});
