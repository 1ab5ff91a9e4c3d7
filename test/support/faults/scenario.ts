import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type RunningCli, startCli } from '../cli.js';
import type { ProxiedConnection } from '../fault-proxy.js';
import { workFolder } from '../program.js';
import { storeContent } from '../store-content.js';
import { type Ended, ended, HUNG_MS } from './ended.js';
import { compare, lastRunOf } from './last-run.js';
import { leftOn, notStored, twice } from './left-behind.js';
import { record, WHOLE } from './tally.js';
import { expectedEnds, type Truth, untruths } from './truth.js';
import { AS_OF, TIGHT, type World } from './world.js';

/** When a fault comes. */
export type When =
  | 'at the start'
  /** While the victim's tables are listed. */
  | 'while tables are listed'
  /** So many bytes into a chunk of the victim's big table: in the middle of a row. */
  | 'in the middle of a row'
  /** As soon as so many tables are acknowledged. */
  | { readonly tables: number }
  /** As soon as the store is asked for what is to be judged. */
  | 'while judging'
  | { readonly afterMs: number };

/** What a fault may use. */
export interface Stage {
  readonly world: World;
  readonly cwd: string;
  /** The disturbed run; absent at the start. */
  readonly running?: RunningCli;
  /** The connection whose bytes chose the instant, where there is one. */
  readonly connection?: ProxiedConnection;
}

export interface Scenario extends Truth {
  readonly name: string;
  readonly when: When;
  readonly inject: (stage: Stage) => unknown;
  /** Whether the fault took effect, asked before it heals: a fault that nobody met is none. */
  readonly happened?: (stage: Stage) => Promise<boolean>;
  /** Puts right what `inject` did: so long after it where `healAfterMs` says, else when the run has ended. */
  readonly heal?: (stage: Stage) => unknown;
  readonly healAfterMs?: number;
  /** Settings of the disturbed run that are not the usual ones. */
  readonly env?: Readonly<Record<string, string>> | ((world: World) => Readonly<Record<string, string>>);
  /** Options of the run after it. */
  readonly nextArgs?: readonly string[];
  /** What the fault leaves changed in the victim's tables, as SQL. */
  readonly change?: string;
  /** True where the victim's server cannot know before it heals that a client is gone. */
  readonly sessionsStay?: boolean;
  /** Also tried in the short form. */
  readonly short?: boolean;
}

/** What the server may need to notice that a client is gone. */
const LEAVE_MS = 15_000;

/** Declares a test for each scenario that is due in this form of the suite. */
export function tryScenarios(world: () => World, scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios.filter(({ short }) => WHOLE || short))
    test(`${scenario.name}, ${whenText(scenario.when)}`, { timeout: 4 * HUNG_MS }, () => tryOne(world(), scenario));
}

/** One fault: a disturbed run, then an undisturbed one, and everything that must be true of both. Counts, then fails where it must. */
export async function tryOne(world: World, scenario: Scenario): Promise<void> {
  const outcome = { problems: [] as string[], lost: 0, doubled: 0, hung: 0 };
  try {
    await observe(world, scenario, outcome);
  } catch (error) {
    outcome.problems.push(`the suite itself: ${(error as Error).stack}`);
    // The next fault must not meet what is left of this one.
    await Promise.resolve(scenario.heal?.({ world, cwd: '' })).catch(() => {});
    await Promise.all([world.line, world.storeLine].map((line) => line.setMode({ kind: 'pass' })));
  }
  record({ survived: outcome.problems.length === 0, ...outcome });
  expect(outcome.problems, scenario.name).toEqual([]);
}

async function observe(
  world: World,
  scenario: Scenario,
  outcome: { problems: string[]; lost: number; doubled: number; hung: number },
): Promise<void> {
  const { problems } = outcome;
  const reference = await world.reference(scenario.change);
  await world.reset();
  const cwd = workFolder();

  const disturbed = await disturb(world, scenario, cwd, problems);
  if (disturbed.hung) {
    outcome.hung++;
    problems.push(`the disturbed run hung:\n${disturbed.result.stderr}`);
  } else problems.push(...untruths(disturbed.result, scenario).map((text) => `disturbed run: ${text}`));
  if (scenario.happened && !(await scenario.happened({ world, cwd }))) problems.push('the fault had no effect');
  if (!scenario.sessionsStay) problems.push(...(await leftOn([world.victim, world.calm], LEAVE_MS)));
  if (!disturbed.healed) await scenario.heal?.({ world, cwd });
  if (scenario.sessionsStay) problems.push(...(await leftOn([world.victim, world.calm], LEAVE_MS)));

  const client = await world.store.client('history');
  // What a store that was away could not take waits elsewhere, until the next run.
  const mayWait = scenario.ends.startsWith('store lost') && disturbed.result.code === 2;
  const notYetStored = mayWait ? [] : await notStored(client, disturbed.result.stdout);
  const final = await ended(start(world, cwd, {}, scenario.nextArgs));
  if (final.hung) {
    outcome.hung++;
    problems.push(`the next run hung:\n${final.result.stderr}`);
    return;
  }
  problems.push(...untruths(final.result, expectedEnds(reference, scenario)).map((text) => `next run: ${text}`));
  problems.push(...(await leftOn([world.victim, world.calm, world.store], LEAVE_MS)));

  const difference = compare(lastRunOf(await storeContent(client)), reference);
  const missing = [...notYetStored, ...(await notStored(client, disturbed.result.stdout))];
  const doubles = await twice(client);
  outcome.lost = difference.lost.length + missing.length;
  outcome.doubled = difference.doubled.length + doubles.length;
  problems.push(
    ...difference.lost.slice(0, 10).map((line) => `lost: ${line}`),
    ...missing.map((line) => `acknowledged and not stored: ${line}`),
    ...difference.doubled.slice(0, 10).map((line) => `not in the undisturbed store: ${line}`),
    ...doubles.map((line) => `stored twice: ${line}`),
  );
}

async function disturb(
  world: World,
  scenario: Scenario,
  cwd: string,
  problems: string[],
): Promise<Ended & { healed: boolean }> {
  const { when, inject, heal, healAfterMs, env } = scenario;
  let healing: Promise<void> | undefined;
  const disturbing = async (stage: Stage) => {
    await inject(stage);
    if (healAfterMs !== undefined)
      healing = sleep(healAfterMs).then(async () => {
        await heal?.(stage);
      });
  };
  if (when === 'at the start') await disturbing({ world, cwd });
  let running!: RunningCli;
  const trapped = trap(world, when, (connection) => disturbing({ world, cwd, running, connection }));
  const limits = scenario.ends === 'stopped' ? {} : TIGHT;
  running = start(world, cwd, { ...limits, ...(typeof env === 'function' ? env(world) : env) });
  const injected =
    when === 'at the start' ? true : (trapped ?? moment(running, when).then(() => disturbing({ world, cwd, running })));
  const [end, came] = await Promise.all([
    ended(running),
    Promise.race([Promise.resolve(injected).then(() => true), running.ended.then(() => sleep(500, false))]),
  ]);
  if (!came && !(typeof when === 'object' && 'afterMs' in when))
    problems.push(`the fault did not come before the run ended with ${end.result.code}: ${end.result.stderr}`);
  world.line.disarm();
  world.storeLine.disarm();
  await healing;
  return { ...end, healed: healing !== undefined };
}

function start(
  world: World,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): RunningCli {
  return startCli(['run', '--json', '--as-of', AS_OF, ...args], { cwd, env: { ...world.env, ...env } });
}

/** A proxy stops the bytes of one connection at the instant that is meant, until the fault is there. */
function trap(
  world: World,
  when: When,
  act: (connection: ProxiedConnection) => Promise<void>,
): Promise<void> | undefined {
  if (when === 'while tables are listed') return world.line.trap({ request: 'pg_attribute', answerBytes: 1_000 }, act);
  if (when === 'in the middle of a row') return world.line.trap({ request: '"big" WHERE', answerBytes: 60_000 }, act);
  if (when === 'while judging') return world.storeLine.trap({ request: 'source_judged_at', answerBytes: 0 }, act);
  return undefined;
}

async function moment(running: RunningCli, when: When): Promise<void> {
  if (typeof when === 'string') return;
  if ('afterMs' in when) {
    await sleep(when.afterMs);
    return;
  }
  const acknowledged = () => running.said().stdout.split('{"type":"table"').length - 1;
  while (acknowledged() < when.tables) await sleep(1);
}

function whenText(when: When): string {
  if (typeof when === 'string') return when;
  return 'afterMs' in when ? `after ${Math.round(when.afterMs)} ms` : `after ${when.tables} tables`;
}
