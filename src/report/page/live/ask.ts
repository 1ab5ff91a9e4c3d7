/** What a server says where it refuses something. */
interface Problem {
  readonly message?: string;
}

/** Ask the server that sent this page, or have it change something; rejects with its own words. */
export async function ask<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(path, {
    headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Error('The daemon does not answer. What is shown may be old.');
  });
  if (response.status === 401) location.reload(); // the session is over: the page that comes asks for the token
  const text = await response.text();
  const answer = text === '' ? null : JSON.parse(text);
  if (!response.ok) throw new Error((answer as Problem | null)?.message ?? `The daemon answered ${response.status}.`);
  return answer as T;
}
