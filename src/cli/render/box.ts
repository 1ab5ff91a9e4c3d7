import { paint, type Style } from './style.js';
import { escapeControls, pad, textWidth, truncate, wrap } from './text-width.js';

const LIGHT = { corners: '┌┐└┘', flat: '─', upright: '│' };
const HEAVY = { corners: '┏┓┗┛', flat: '━', upright: '┃' };

/** A title and wrapped paragraphs in a box of at most `width` columns. */
export function renderBox(title: string, paragraphs: readonly string[], options: BoxOptions): string {
  const { width, style, color, heavy = false } = options;
  const { corners, flat, upright } = heavy ? HEAVY : LIGHT;
  const inner = Math.max(20, width - 4);
  const head = truncate(escapeControls(title), inner);
  const body = paragraphs.flatMap((text) => wrap(escapeControls(text), inner));
  const used = Math.max(...[head, ...body].map(textWidth));
  const bar = flat.repeat(used + 2);
  const side = paint(upright, style, color);
  const line = (content: string, of?: Style) =>
    `${side} ${paint(content, of, color)}${pad('', used - textWidth(content))} ${side}`;
  return [
    paint(corners[0] + bar + corners[1], style, color),
    line(head, 'bold'),
    ...body.map((content) => line(content)),
    paint(corners[2] + bar + corners[3], style, color),
  ].join('\n');
}

export interface BoxOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly style: Style;
  readonly color: boolean;
  /** Of thick lines; default thin ones. */
  readonly heavy?: boolean;
}
