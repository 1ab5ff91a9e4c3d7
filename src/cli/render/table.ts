import { paint, type Style } from './style.js';
import { escapeControls, pad, textWidth, truncate } from './text-width.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A cell; with a style, it is painted where colour is used. */
export type Cell = string | { readonly text: string; readonly style: Style };

export interface TableOptions {
  /** Columns of the terminal: the widest columns are cut until the table fits. Absent: nothing is cut. */
  readonly width?: number;
  readonly color?: boolean;
}

const GAP = '  ';
/** No column is cut below this. */
const MIN_WIDTH = 8;

/** An aligned table of text with a head line, without a newline at its end. Control characters are escaped. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, color = false }: TableOptions = {},
): string {
  const texts = escapedTexts(columns, rows);
  const natural = naturalWidths(columns, texts);
  const widths = width === undefined ? natural : shrink(natural, width);
  const line = (cells: readonly string[], style: (index: number) => Style | undefined): string => {
    const padded = cells.map((cell, index) => {
      const { align = 'left' } = columns[index]!;
      const text = truncate(cell, widths[index]!);
      const spaces = pad('', widths[index]! - textWidth(text));
      const painted = paint(text, style(index), color);
      // Nothing after the last column: a line has no blanks at its end.
      if (align === 'right') return spaces + painted;
      return index === cells.length - 1 ? painted : painted + spaces;
    });
    return padded.join(GAP).trimEnd();
  };
  const head = line(
    columns.map(({ title }) => title),
    () => 'bold',
  );
  return [head, ...texts.map((row, index) => line(row, (column) => cellStyle(rows[index]![column])))].join('\n');
}

/** Columns of the terminal that a table takes where nothing is cut. */
export function tableWidth(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number {
  return naturalWidths(columns, escapedTexts(columns, rows)).reduce(
    (sum, width) => sum + width + GAP.length,
    -GAP.length,
  );
}

function escapedTexts(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[][] {
  return rows.map((row) => columns.map((_, index) => escapeControls(cellText(row[index]))));
}

function naturalWidths(columns: readonly Column[], texts: readonly (readonly string[])[]): number[] {
  return columns.map(({ title }, index) =>
    texts.reduce((most, row) => Math.max(most, textWidth(row[index]!)), textWidth(title)),
  );
}

/** Widths that fit: the widest column is cut to the next widest, and so on. */
function shrink(natural: readonly number[], total: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - total;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= MIN_WIDTH) break;
    const same = widths.filter((width) => width === widest).length;
    const next = Math.max(MIN_WIDTH, ...widths.filter((width) => width < widest));
    const step = Math.min(widest - next, Math.ceil(excess / same));
    for (const [index, width] of widths.entries()) {
      if (width !== widest || excess <= 0) continue;
      const cut = Math.min(step, excess);
      widths[index] = width - cut;
      excess -= cut;
    }
  }
  return widths;
}

export function cellText(cell: Cell | undefined): string {
  return typeof cell === 'object' ? cell.text : (cell ?? '');
}

export function cellStyle(cell: Cell | undefined): Style | undefined {
  return typeof cell === 'object' ? cell.style : undefined;
}
