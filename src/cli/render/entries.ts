import { paint } from './style.js';
import { type Cell, type Column, cellStyle, cellText, renderTable, type TableOptions, tableWidth } from './table.js';
import { escapeControls, pad, textWidth, wrap } from './text-width.js';

/** Where a sentence stands below its row. */
const INDENT = '  ';

/**
 * Rows whose last cell is a sentence: a table where that fits, else each row's other cells on one line and its sentence wrapped
 * below, so that not a word of it is lost. Control characters are escaped.
 */
export function renderEntries(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions & { readonly width: number },
): string {
  if (tableWidth(columns, rows) <= options.width) return renderTable(columns, rows, options);
  const firstWidth = Math.max(...rows.map(([first]) => textWidth(escapeControls(cellText(first)))));
  return rows.map((row) => renderEntry(row, firstWidth, options)).join('\n');
}

function renderEntry(
  row: readonly Cell[],
  firstWidth: number,
  { width, color = false }: TableOptions & { readonly width: number },
): string {
  const texts = row.map((cell) => escapeControls(cellText(cell)));
  const [first = '', ...rest] = texts.slice(0, -1);
  const gap = pad('', firstWidth - textWidth(first)) + INDENT;
  const [head = '', ...more] = wrap(rest.join('  '), Math.max(20, width - firstWidth - INDENT.length));
  const lines = [
    (paint(first, cellStyle(row[0]), color) + gap + head).trimEnd(),
    ...more.map((line) => INDENT + line),
    ...wrap(texts.at(-1) ?? '', Math.max(20, width - INDENT.length))
      .filter((line) => line !== '')
      .map((line) => INDENT + line),
  ];
  return lines.join('\n');
}
