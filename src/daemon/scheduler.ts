import { Cron } from 'croner';
import type { Schedule } from '#src/config/schedules.js';

/** Next times that are told of one schedule. */
const TOLD = 5;

/** Calls `due` whenever a schedule is due, each call its jitter later. Nothing is due while it is stopped, and nothing is made up for. */
export class Scheduler {
  readonly #schedules: readonly Schedule[];
  readonly #due: (schedule: Schedule) => void;
  readonly #random: () => number;
  readonly #jobs = new Map<Schedule, Cron>();
  readonly #delayed = new Set<NodeJS.Timeout>();

  constructor(schedules: readonly Schedule[], due: (schedule: Schedule) => void, random: () => number = Math.random) {
    this.#schedules = schedules;
    this.#due = due;
    this.#random = random;
  }

  start(): void {
    this.stop();
    for (const schedule of this.#schedules)
      this.#jobs.set(schedule, new Cron(schedule.cron, { timezone: schedule.timeZone }, () => this.#later(schedule)));
  }

  stop(): void {
    for (const job of this.#jobs.values()) job.stop();
    this.#jobs.clear();
    for (const timer of this.#delayed) clearTimeout(timer);
    this.#delayed.clear();
  }

  /** When a schedule is due next, without its jitter, epoch milliseconds; none while stopped. */
  nextAt(schedule: Schedule): number[] {
    return (
      this.#jobs
        .get(schedule)
        ?.nextRuns(TOLD)
        .map((time) => time.getTime()) ?? []
    );
  }

  #later(schedule: Schedule): void {
    const delayMs = this.#random() * schedule.jitterSeconds * 1000;
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      this.#due(schedule);
    }, delayMs);
    this.#delayed.add(timer);
  }
}
