import { replaceFile } from '../output-file.js';
import type { Session } from '../run-session.js';
import type { Found, RunTally } from '../run-view.js';
import { type JunitSuite, junitXml } from './junit-xml.js';
import { failedSuites, runSuites } from './run-suites.js';

/** Write what a run found as JUnit XML, where `--junit` asks for it. Never rejects: the run's outcome stands. */
export async function writeRunJunit(session: Session, found: Found, tally: RunTally): Promise<void> {
  const sources = session.sources.map(({ name }) => name);
  await write(session, () => runSuites(tally, found, { sources, failOn: session.options.failOn }));
}

/** The same of a run that ended early. */
export async function writeFailureJunit(session: Session, message: string): Promise<void> {
  await write(session, () => failedSuites(message));
}

async function write({ options, logs, startedAt }: Session, suites: () => JunitSuite[]): Promise<void> {
  const file = options.junit;
  if (file === undefined) return;
  try {
    await replaceFile(file, junitXml(suites(), { startedAt, durationMs: Date.now() - startedAt.getTime() }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    logs.logger('orchestrator').error({ code }, `--junit: ${file} cannot be written (${code})`);
  }
}
