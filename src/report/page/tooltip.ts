import { h } from './dom.js';

const GAP = 8;

/** One box of words beside whatever is pointed at or focused. It only repeats what the element's own label says. */
export interface Tooltip {
  show(beside: Element, ...words: readonly Node[]): void;
  hide(): void;
}

export function createTooltip(): Tooltip {
  const box = h('div', { class: 'tooltip', role: 'presentation', hidden: true });
  document.body.append(box);
  const hide = () => {
    box.hidden = true;
  };
  addEventListener('scroll', hide, { passive: true, capture: true });
  addEventListener('keydown', (event) => event.key === 'Escape' && hide());
  return {
    show(beside, ...words) {
      box.replaceChildren(...words);
      box.hidden = false;
      const at = beside.getBoundingClientRect();
      const { width, height } = box.getBoundingClientRect();
      const left = Math.max(
        GAP,
        Math.min(at.left + at.width / 2 - width / 2, document.documentElement.clientWidth - width - GAP),
      );
      const above = at.top - height - GAP;
      box.style.left = `${left}px`;
      box.style.top = `${above < GAP ? at.bottom + GAP : above}px`;
    },
    hide,
  };
}
