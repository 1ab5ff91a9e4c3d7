import { connectionBudget } from '#src/adapters/postgres/budget.js';
import type { SourceSurvey } from '#src/adapters/postgres/survey.js';

/** How many threads and connections a run may use here; undefined: what is the case anyway. */
export interface CapacityProposal {
  readonly workers?: number;
  readonly maxConnections?: number;
  /** Why, a line for the cores and one for each source. */
  readonly reasons: readonly string[];
}

/** Cores of this machine, and what the settings say already. */
export interface MachineFacts {
  readonly cores: number;
  /** CONCURRENT_WORKERS, where it is set. */
  readonly workersSet?: number;
  /** DB_MAX_CONNECTIONS, where it is set. */
  readonly connectionsSet?: number;
}

const DEFAULT_WORKERS = 4;
/** A warehouse has other work than to be read by us. */
const MAX_WORKERS = 8;

/** Threads from the cores of this machine, connections from what each server, role and database leave now. */
export function proposeCapacity(
  surveys: readonly Pick<SourceSurvey, 'source' | 'server'>[],
  { cores, workersSet, connectionsSet }: MachineFacts,
): CapacityProposal {
  const fromCores = Math.min(Math.max(1, cores), MAX_WORKERS);
  const workers = workersSet ?? fromCores;
  const budgets = surveys.map(({ server }) => connectionBudget(server, { workers }));
  const ceiling = Math.min(...budgets);
  return {
    ...(workersSet === undefined && fromCores !== DEFAULT_WORKERS && { workers: fromCores }),
    ...(connectionsSet === undefined && ceiling < workers + 2 && { maxConnections: ceiling }),
    reasons: [
      `this machine has ${cores} ${cores === 1 ? 'core' : 'cores'}${cores > MAX_WORKERS ? `; more than ${MAX_WORKERS} workers load a warehouse` : ''}`,
      ...surveys.map(
        ({ source, server }, index) => `${source}: ${connectionWords(server)}, so at most ${budgets[index]}`,
      ),
    ],
  };
}

function connectionWords(server: SourceSurvey['server']): string {
  const { maxConnections, reservedConnections, usedConnections, roleConnectionLimit, databaseConnectionLimit } = server;
  return [
    `${maxConnections} connections, ${reservedConnections} reserved, ${usedConnections} in use`,
    ...(roleConnectionLimit >= 0 ? [`the role may have ${roleConnectionLimit} (${server.usedByRole} in use)`] : []),
    ...(databaseConnectionLimit >= 0
      ? [`the database ${databaseConnectionLimit} (${server.usedByDatabase} in use)`]
      : []),
  ].join(', ');
}
