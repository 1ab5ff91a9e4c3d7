import type { Failure } from '#src/core/model/failure.js';
import type { TableSpec } from '#src/core/model/relation.js';
import type { SourceAccess } from './ports.js';

export interface RecoveryObserver {
  /** Its tables wait from now on. */
  readonly onLost: (failure: Failure) => void;
  /** They go on. */
  readonly onRecovered: () => void;
}

/**
 * What becomes of a source's work when the source is lost on the way: one wait for all of it, so that no worker thread sleeps for a
 * source that is away, and then either all goes on or all is given up. A table that is in work each time the source is lost may be
 * the reason: it is tried again no more often than anything else.
 */
export class SourceRecovery {
  #givenUp: Failure | null = null;
  /** A loss that nobody has asked about yet. */
  #lostBy: Failure | null = null;
  #waiting: Promise<void> | null = null;
  readonly #losses = new Map<string, number>();

  constructor(
    private readonly source: SourceAccess,
    private readonly observer: RecoveryObserver,
  ) {}

  /** Resolves with null when the source may be asked; with the reason where it is given up. */
  async ready(): Promise<Failure | null> {
    // Only here: where nothing is left to do, nobody need wait.
    while (!this.#givenUp && (this.#lostBy || this.#waiting)) {
      if (this.#lostBy)
        this.#waiting ??= this.#recover(this.#lostBy).finally(() => {
          this.#waiting = null;
        });
      this.#lostBy = null;
      await this.#waiting;
    }
    return this.#givenUp;
  }

  /** Why no more is tried; null while the source is there or awaited. */
  get givenUp(): Failure | null {
    return this.#givenUp;
  }

  /** Tell that work failed because the source was lost. Returns null where `table`, which was in work, may be tried again, else its failure. */
  lost(failure: Failure, table: TableSpec): Failure | null {
    if (!failure.retryable) {
      this.#givenUp ??= failure;
      return failure;
    }
    this.#lostBy ??= failure;
    if (failure.code === 'breaker_open') return null; // nothing was asked
    const name = `${table.schema}.${table.name}`;
    const losses = this.lossesOf(table) + 1;
    this.#losses.set(JSON.stringify([table.schema, table.name]), losses);
    if (losses <= this.source.retries) return null;
    const times = losses === 1 ? '' : ` ${losses} times`;
    return {
      ...failure,
      table: name,
      message: `the source was lost${times} while ${name} was in work: ${failure.message}`,
    };
  }

  /** How often the source was lost while this table was in work. */
  lossesOf({ schema, name }: TableSpec): number {
    return this.#losses.get(JSON.stringify([schema, name])) ?? 0;
  }

  async #recover(failure: Failure): Promise<void> {
    let away = false;
    // A connection that only has to be made anew is not worth a word.
    const gone = await this.source.recover(() => {
      away = true;
      this.observer.onLost(failure);
    });
    if (gone) this.#givenUp ??= gone;
    else if (away) this.observer.onRecovered();
  }
}
