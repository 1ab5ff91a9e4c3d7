import type { BreakerTransition } from './circuit-breaker.js';
import type { PoolEvent } from './source-pool.js';

export interface PoolRecord {
  readonly level: 'info' | 'warn';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** What the log says of a pool's event, for the component `<source>_db`. */
export function poolRecord(event: PoolEvent): PoolRecord {
  const { source } = event;
  switch (event.type) {
    case 'open':
      return { level: 'info', fields: { source }, message: 'connection opened' };
    case 'close':
      return { level: 'info', fields: { source }, message: 'connection closed' };
    case 'lost':
      return { level: 'warn', fields: { source, cause: event.error.message }, message: 'an idle connection was lost' };
    case 'renewed':
      return { level: 'info', fields: { source, idle: event.idle }, message: 'connections are made anew from now on' };
    case 'breaker':
      return breakerRecord(source, event.transition);
  }
}

function breakerRecord(source: string, { from, to, facts }: BreakerTransition): PoolRecord {
  const { failures, openForMs, retryInMs, cause } = facts;
  if (to === 'half-open')
    return { level: 'info', fields: { source, openForMs }, message: 'the circuit breaker lets one request try' };
  if (to === 'closed')
    return { level: 'warn', fields: { source }, message: 'the source answers: the circuit breaker closed' };
  const fields = { source, failures, openForMs, retryInMs, code: cause?.code, cause: cause?.message };
  return from === 'closed'
    ? { level: 'warn', fields, message: 'the circuit breaker opened' }
    : { level: 'info', fields, message: 'the circuit breaker stays open' };
}
