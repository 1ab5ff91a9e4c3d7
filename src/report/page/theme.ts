import { h, s } from './dom.js';

const listeners = new Set<() => void>();
const cache = new Map<string, string>();
const root = document.documentElement;
const probe = h('span', { hidden: true });
root.append(probe);
const system = matchMedia('(prefers-color-scheme: dark)');
system.addEventListener('change', announce);

/** A colour of the style sheet as it is now, for what is drawn on a canvas. */
export function color(property: string): string {
  let value = cache.get(property);
  if (value === undefined) {
    // the property itself still says both, light and dark
    probe.style.color = `var(${property})`;
    cache.set(property, (value = getComputedStyle(probe).color));
  }
  return value;
}

export function onThemeChange(listener: () => void): void {
  listeners.add(listener);
}

/** A button that turns light into dark and back; until it is used the page is as the system is. */
export function themeToggle(): HTMLButtonElement {
  const button = h(
    'button',
    { type: 'button', class: 'toggle' },
    s(
      'svg',
      { viewBox: '0 0 16 16', 'aria-hidden': 'true' },
      s('circle', { cx: 8, cy: 8, r: 6.5 }),
      s('path', { d: 'M8 1.5a6.5 6.5 0 0 1 0 13Z' }),
    ),
  );
  const name = () => button.setAttribute('aria-label', isDark() ? 'Use light colours' : 'Use dark colours');
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    announce();
  });
  onThemeChange(name);
  name();
  return button;
}

function isDark(): boolean {
  return root.dataset.theme === undefined ? system.matches : root.dataset.theme === 'dark';
}

function announce(): void {
  cache.clear();
  for (const listener of listeners) listener();
}
