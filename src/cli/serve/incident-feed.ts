import type { EventHub } from '#src/adapters/http/event-hub.js';
import type { Store } from '#src/adapters/store/store.js';

/** Changes told of at a time; those beyond are told of the next time. */
const MOST = 100;

/** Tells listeners what the audit trail says of incidents, whoever changed them: this process, another one, or a person. */
export class IncidentFeed {
  readonly #store: Store;
  readonly #events: EventHub;
  #after: number | null = null;

  constructor(store: Store, events: EventHub) {
    this.#store = store;
    this.#events = events;
  }

  /** Look for what is new since the last look; true where there is something. Rejects with `StoreError`. */
  async look(): Promise<boolean> {
    if (this.#after === null) {
      this.#after = (await this.#store.auditHead())?.id ?? 0;
      return false;
    }
    const changes = await this.#store.incidentChangesAfter(this.#after, MOST);
    // Two looks at a time may have found the same.
    const news = changes.filter((each) => each.id > this.#after!);
    for (const { id, at, ...change } of news) {
      this.#after = id;
      this.#events.publish({ type: 'incident_changed', data: { ...change, at: new Date(at).toISOString() } });
    }
    return news.length > 0;
  }
}
