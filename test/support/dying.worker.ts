import { appendFileSync, readFileSync } from 'node:fs';
import { profileHandlers } from '#src/adapters/threads/profile-handlers.js';
import { createWorkerHost } from '#src/adapters/threads/worker-host.js';

/** What the environment variable DEATHS holds, as JSON. */
export interface Deaths {
  /** A line for each death, the name of the table. */
  readonly file: string;
  /** How a thread dies at a table, and how many times; for ever when absent. */
  readonly at: Readonly<Record<string, { readonly how: 'oom' | 'throw' | 'exit'; readonly times?: number }>>;
}

/** The thread entry of the program, but that it really dies in the middle of certain tables. */
export default createWorkerHost((channel) => {
  const { file, at }: Deaths = JSON.parse(process.env.DEATHS!);
  let inWork: string | null = null;
  /** Set when the thread is about to end: nothing is heard of it any more. */
  let isCrashed = false;

  const die = (table: string) => {
    const { how } = at[table]!;
    appendFileSync(file, `${table}\n`);
    if (how === 'exit') process.exit(3);
    if (how === 'throw') {
      isCrashed = true;
      setImmediate(() => {
        throw new Error('a crash that nobody catches');
      });
    }
    const hoard: unknown[] = [];
    while (how === 'oom') hoard.push(new Array(1_000).fill(hoard.length));
  };
  const isDeadly = (table: string) => {
    const { times = Number.POSITIVE_INFINITY } = at[table] ?? { times: 0 };
    return (
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line === table).length < times
    );
  };
  const enter = (table: string) => {
    inWork = isDeadly(table) ? table : null;
  };

  const handlers = profileHandlers({
    ...channel,
    // Called as rows arrive: with a connection, a transaction and a COPY open.
    progress(...counts) {
      const table = inWork;
      inWork = null;
      if (table !== null) die(table);
      channel.progress(...counts);
    },
  });
  return {
    ...handlers,
    async profile(task, emit) {
      for (const table of task.tables) {
        enter(table.name);
        const failure = await handlers.profile({ ...task, tables: [table] }, (result) => {
          if (!isCrashed) emit(result);
        });
        if (isCrashed) return forEver();
        if (failure) return failure;
      }
      return null;
    },
    async chunk(task) {
      enter(task.table.name);
      const outcome = await handlers.chunk(task);
      return isCrashed ? forEver() : outcome;
    },
    async detect(task) {
      for (const { table } of task.tables) if (isDeadly(table)) die(table);
      return isCrashed ? forEver() : handlers.detect(task);
    },
  };
});

const forEver = () => new Promise<never>(() => {});
