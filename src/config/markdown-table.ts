/** A Markdown table, its columns padded as the formatter has them. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(escapeCell));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(cells[0]!), line(rule), ...cells.slice(1).map(line)].join('\n');
}

function escapeCell(text: string): string {
  return text.startsWith('`') ? text.replaceAll('|', '\\|') : text.replace(/[|*<]/g, '\\$&');
}
