import { paint, type Style } from './style.js';
import { escapeControls, pad, textWidth, truncate, wrap } from './text-width.js';

/** A title and wrapped paragraphs in a box of at most `width` columns. */
export function renderBox(title: string, paragraphs: readonly string[], options: BoxOptions): string {
  const { width, style, color } = options;
  const inner = Math.max(20, width - 4);
  const head = truncate(escapeControls(title), inner);
  const body = paragraphs.flatMap((text) => wrap(escapeControls(text), inner));
  const used = Math.max(...[head, ...body].map(textWidth));
  const bar = '─'.repeat(used + 2);
  const side = paint('│', style, color);
  const line = (content: string, of?: Style) =>
    `${side} ${paint(content, of, color)}${pad('', used - textWidth(content))} ${side}`;
  return [
    paint(`┌${bar}┐`, style, color),
    line(head, 'bold'),
    ...body.map((content) => line(content)),
    paint(`└${bar}┘`, style, color),
  ].join('\n');
}

export interface BoxOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly style: Style;
  readonly color: boolean;
}
