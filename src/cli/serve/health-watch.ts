import { managerConfig } from '#src/adapters/manager-config.js';
import { getDatabaseManager, type HealthReport } from '#src/adapters/postgres/database-manager.js';
import type { Config } from '#src/config/config.js';

/** A report is as good as a new one for so long: however many ask, the databases are asked this often. */
const FRESH_MS = 5_000;

/** The health of everything, asked for once whoever wants it. */
export class HealthWatch {
  readonly #check: () => Promise<HealthReport>;
  #last: { readonly report: HealthReport; readonly at: number } | null = null;
  #running: Promise<HealthReport> | null = null;

  constructor(config: Config) {
    const manager = getDatabaseManager(managerConfig(config));
    this.#check = () => manager.healthCheck();
  }

  /** The last report, however old; null before the first. */
  get last(): HealthReport | null {
    return this.#last?.report ?? null;
  }

  async report(): Promise<HealthReport> {
    if (this.#last && performance.now() - this.#last.at < FRESH_MS) return this.#last.report;
    this.#running ??= this.#check().finally(() => (this.#running = null));
    const report = await this.#running;
    this.#last = { report, at: performance.now() };
    return report;
  }
}
