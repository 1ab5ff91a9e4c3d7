import { h } from '../dom.js';
import { ask } from './ask.js';
import type { IncidentDetail } from './incident-page.js';

const ACTIONS = [
  { path: 'acknowledge', words: 'Acknowledge', hint: 'You look after it. It opens again where it gets worse.' },
  { path: 'resolve', words: 'Resolve', hint: 'It is over. What comes back is a new incident.' },
  {
    path: 'expect',
    words: 'Expect',
    hint: 'It is as it should be from now on; reported again where it changes further.',
  },
  { path: 'mute', words: 'Mute', hint: 'It is updated without a word until it is over, or until a day.' },
] as const;
const DAY_MS = 86_400_000;
const WITH_END: ReadonlySet<string> = new Set(['expect', 'mute']);

/** A form: what is to become of an incident, why, and until when. `changed` gets the incident as it is then. */
export function incidentActions(id: string, changed: (incident: IncidentDetail) => void): HTMLElement {
  const hint = h('p', { class: 'found', id: 'action-hint' });
  const action = h(
    'select',
    { id: 'action', 'aria-describedby': 'action-hint' },
    ...ACTIONS.map(({ path, words }) => h('option', { value: path }, words)),
  );
  const reason = h('input', { id: 'reason', maxlength: 2000, autocomplete: 'off' });
  const until = h('input', { id: 'until', type: 'date', min: isoDay(Date.now() + DAY_MS) });
  const untilField = h('label', { for: 'until' }, 'Until', until);
  const problem = h('p', { class: 'problem', role: 'alert' });
  const button = h('button', { type: 'submit', class: 'primary' }, 'Do it');
  const form = h(
    'form',
    { class: 'actions', 'aria-label': 'What becomes of it' },
    h('label', { for: 'action' }, 'Decide', action),
    h('label', { for: 'reason' }, 'Why', reason),
    untilField,
    button,
    hint,
    problem,
  );
  const told = () => {
    hint.textContent = ACTIONS.find(({ path }) => path === action.value)!.hint;
    untilField.hidden = !WITH_END.has(action.value);
  };
  action.addEventListener('change', told);
  told();
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = '';
    const end = WITH_END.has(action.value) && until.value !== '' && { until: `${until.value}T00:00:00Z` };
    const body = { ...(reason.value.trim() !== '' && { reason: reason.value.trim() }), ...end };
    try {
      changed(await ask<IncidentDetail>(`/api/v1/incidents/${encodeURIComponent(id)}/${action.value}`, body));
    } catch (error) {
      problem.textContent = (error as Error).message;
      button.disabled = false;
    }
  });
  return form;
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
