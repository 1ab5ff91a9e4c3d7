import uPlot from 'uplot';
import type { FigureUnit, ReportSeries } from '../report-data.js';
import { h, whenSeen } from './dom.js';
import { axisFigure, clock, figureIn, moment, shortDay, weekday } from './format.js';
import { SEVERITY_WORDS } from './names.js';
import { color, onThemeChange } from './theme.js';

const DAY = 86_400;
const INCREMENTS = [1 / 24, 1 / 8, 1 / 4, 1 / 2, 1, 2, 7, 14, 30, 60, 90, 180, 365].map((days) => days * DAY);
const WHOLE_INCREMENTS = Array.from({ length: 13 }, (_, power) => [1, 2, 2.5, 5].map((step) => step * 10 ** power))
  .flat()
  .filter(Number.isInteger);
/** A picture never shows less than this share of its level from top to bottom. */
const MIN_SPAN = 0.2;
const FONT = '11px system-ui, sans-serif';

/**
 * The picture of a series: the line, the band it was expected in, and a dot where it left it. It can be read without a
 * pointer: focused, the arrow keys walk from point to point. `times` are the seconds of the series' axis.
 */
export function seriesChart(series: ReportSeries, times: readonly number[], height: number): HTMLElement {
  const said = h('p', { class: 'chart-reading', 'aria-live': 'polite' });
  const box = h('div', { class: 'chart', tabindex: 0, role: 'img', 'aria-label': describe(series, times) });
  box.style.height = `${height}px`;
  const rest = reading(series, times, lastKnown(series));
  said.replaceChildren(...rest);
  whenSeen(box, () => draw(box, said, rest, series, times, height));
  const words = h('span', { class: 'chart-label' }, series.label);
  const band = series.band && h('span', { class: 'chart-key' }, 'band: expected');
  return h('figure', { class: 'picture' }, h('figcaption', {}, words, band, said), box);
}

function draw(
  box: HTMLElement,
  said: HTMLElement,
  rest: readonly Node[],
  series: ReportSeries,
  times: readonly number[],
  height: number,
): void {
  const data = [times, series.values, ...(series.band ? [series.band.lower, series.band.upper] : [])];
  const chart = new uPlot(
    {
      width: box.clientWidth,
      height,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 7, width: 0, fill: () => color('--text') },
      },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
      scales: { y: { range: (_, low, high) => limits(series, low, high) } },
      series: [
        {},
        {
          stroke: () => color('--line-ink'),
          width: 1.5,
          points: { show: times.length < 24, size: 4, width: 0, fill: () => color('--line-ink') },
        },
        ...(series.band
          ? [
              { stroke: 'transparent', points: { show: false } },
              { stroke: 'transparent', points: { show: false } },
            ]
          : []),
      ],
      ...(series.band && { bands: [{ series: [3, 2], fill: () => color('--band') }] as uPlot.Band[] }),
      axes: [
        {
          ...axis(),
          size: 26,
          gap: 6,
          space: 70,
          incrs: INCREMENTS,
          grid: { show: false },
          values: (_, splits, __, ___, step) => splits.map((time) => (step >= DAY ? shortDay(time) : dayOrClock(time))),
        },
        {
          ...axis(),
          size: 52,
          gap: 6,
          space: 36,
          ...(series.unit === 'count' && { incrs: WHOLE_INCREMENTS }),
          values: (_, splits) => splits.map((value) => axisFigure(series.unit, value)),
        },
      ],
      hooks: {
        draw: [(u) => drawMarks(u, series, times)],
        setCursor: [
          (u) => {
            const index = u.cursor.idx;
            said.replaceChildren(...(index == null ? rest : reading(series, times, index)));
          },
        ],
      },
    },
    data as unknown as uPlot.AlignedData,
    box,
  );
  new ResizeObserver(() => {
    if (box.clientWidth > 0 && box.clientWidth !== chart.width) chart.setSize({ width: box.clientWidth, height });
  }).observe(box);
  onThemeChange(() => chart.redraw(false));
  walkByKeys(box, chart, times);
}

function axis(): uPlot.Axis {
  return {
    font: FONT,
    stroke: () => color('--muted'),
    grid: { stroke: () => color('--grid'), width: 1 },
    ticks: { show: false },
  };
}

/** Zero is in the picture where the figures vary much, or where they are shares; a steady level is looked at closely. */
function limits(series: ReportSeries, low: number | null, high: number | null): [number, number] {
  const known = [low, high, ...(series.band ? [...series.band.lower, ...series.band.upper] : [])].filter(
    (value) => value !== null,
  );
  const [least, most] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0) return [0, 1];
  // what is steady must look steady
  const wanted = Math.max(most - least, Math.max(Math.abs(least), Math.abs(most)) * MIN_SPAN);
  const slack = (wanted - (most - least)) / 2;
  const margin = slack + (wanted * 0.06 || 1);
  const fromZero = least >= 0 && (series.unit === 'share' || wanted > 0.35 * most || least < margin);
  return [fromZero ? 0 : least - margin, most + margin];
}

function drawMarks(u: uPlot, series: ReportSeries, times: readonly number[]): void {
  const { ctx } = u;
  ctx.save();
  for (const [index, severity] of series.marks) {
    const value = series.values[index];
    if (value == null) continue;
    ctx.beginPath();
    ctx.arc(u.valToPos(times[index]!, 'x', true), u.valToPos(value, 'y', true), 4 * uPlot.pxRatio, 0, 2 * Math.PI);
    ctx.fillStyle = color(`--${severity}`);
    ctx.strokeStyle = color('--surface');
    ctx.lineWidth = 1.5 * uPlot.pxRatio;
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

function walkByKeys(box: HTMLElement, chart: uPlot, times: readonly number[]): void {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    PageUp: -7,
    PageDown: 7,
    Home: -1e9,
    End: 1e9,
  };
  box.addEventListener('keydown', (event) => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const from = chart.cursor.idx ?? times.length;
    const index = Math.max(0, Math.min(times.length - 1, from + step));
    chart.setCursor({ left: chart.valToPos(times[index]!, 'x'), top: 0 });
  });
  box.addEventListener('blur', () => chart.setCursor({ left: -10, top: -10 }));
}

/** One point in words: when, how much, and what was expected. */
function reading(series: ReportSeries, times: readonly number[], index: number): Node[] {
  const value = series.values[index];
  if (value === undefined) return [];
  const [lower, upper] = [series.band?.lower[index], series.band?.upper[index]];
  const severity = series.marks.find(([at]) => at === index)?.[1];
  const figure = value === null ? 'unknown' : figureIn(series.unit, value);
  return [
    h('span', { class: 'when' }, timeOf(times, index)),
    h('strong', { class: severity && `ink ${severity}` }, figure),
    h('span', {}, lower != null && upper != null ? `expected ${rangeIn(series.unit, lower, upper)}` : ''),
  ];
}

/** Of what is counted, the whole numbers within, as the sentences of incidents name them. */
function rangeIn(unit: FigureUnit, lower: number, upper: number): string {
  const ends = unit === 'count' ? [Math.max(0, Math.ceil(lower)), Math.floor(upper)] : [lower, upper];
  return ends.map((end) => figureIn(unit, end)).join(' to ');
}

function describe(series: ReportSeries, times: readonly number[]): string {
  const outside = series.marks.map(([at, severity]) => `${timeOf(times, at)} (${SEVERITY_WORDS[severity]})`);
  const last = reading(series, times, lastKnown(series)).map((node) => node.textContent);
  const marks = outside.length === 0 ? '' : ` Not as expected: ${outside.slice(-5).join(', ')}.`;
  return `Chart of ${series.label}, ${times.length} points. Last: ${last.join(' ')}.${marks} Arrow keys read single points.`;
}

function lastKnown(series: ReportSeries): number {
  return series.values.findLastIndex((value) => value !== null);
}

function timeOf(times: readonly number[], index: number): string {
  const time = times[index]!;
  return isDaily(times) ? weekday(time) : moment(time);
}

function isDaily(times: readonly number[]): boolean {
  return (
    times.length > 1 &&
    times.every((time, i) => i === 0 || time - times[i - 1]! >= DAY - 2 * 3600) &&
    times.every((time) => time % DAY === 0)
  );
}

function dayOrClock(seconds: number): string {
  return seconds % DAY === 0 ? shortDay(seconds) : clock(seconds);
}
