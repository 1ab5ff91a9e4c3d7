import { h } from '../dom.js';

/** Asks for the token, once: a cookie stands for it from then on. */
export function login(): HTMLElement {
  const token = h('input', { id: 'token', type: 'password', required: true, autocomplete: 'current-password' });
  const name = h('input', { id: 'name', autocomplete: 'username', maxlength: 100 });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const form = h(
    'form',
    { class: 'login' },
    h('h1', {}, 'Sentinel'),
    h('label', { for: 'name' }, 'Your name, for the audit trail', name),
    h('label', { for: 'token' }, 'Token (HTTP_TOKEN)', token),
    h('button', { type: 'submit', class: 'primary' }, 'Log in'),
    problem,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const body = { token: token.value, ...(name.value.trim() !== '' && { name: name.value.trim() }) };
    const response = await fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).catch(() => null);
    if (response?.ok) return location.reload();
    problem.textContent = response?.status === 401 ? 'That is not the token.' : 'The daemon does not answer.';
  });
  return form;
}
