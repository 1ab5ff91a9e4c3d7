import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinDependents } from '#src/core/incidents/dependents.js';
import { groupFindings } from '#src/core/incidents/group.js';
import type { IncidentChange } from '#src/core/incidents/life-cycle.js';
import { compareSeverity } from '#src/core/incidents/severity.js';
import type { Dependency } from '#src/core/model/dependency.js';
import type { Finding, Severity } from '#src/core/model/finding.js';
import { finding, Incidents, tables } from '../support/incident-runs.js';

const ALL = ['s1', 's2'].flatMap((schema) => tables(8).map((each) => ({ ...each, schema })));

const found: fc.Arbitrary<Finding> = fc
  .record({
    at: fc.nat(ALL.length),
    check: fc.constantFrom('row_count', 'volume', 'freshness', 'empty_table', 'first_null', 'schema'),
    severity: fc.constantFrom<Severity>('info', 'warn', 'critical'),
    value: fc.constantFrom(0, 40, 400),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ at, check, severity, value, score }) => {
    const about = { check, severity, value, score, message: `${check} of ${at}: ${severity}, ${value}.` };
    const table = ALL[at];
    return table
      ? finding(table.table, { ...about, schema: table.schema })
      : finding(null, { ...about, object: 'slot' });
  });

/** What a run finds, at most once of each check on each table. */
const findings = fc.uniqueArray(found, {
  maxLength: 40,
  selector: ({ schema, table, check }) => JSON.stringify([schema, table, check]),
});

const run = fc.record({
  findings,
  judged: fc.subarray(ALL),
  reached: fc.boolean(),
  state: fc.constantFrom('open', 'acknowledged', 'expected', 'muted', 'resolved', undefined),
});

/** Findings of a run that could be: of what was judged alone. */
function within({
  findings,
  judged,
  reached,
}: {
  findings: Finding[];
  judged: typeof ALL;
  reached: boolean;
}): Finding[] {
  return findings.filter((each) =>
    each.table === null ? reached : judged.some(({ schema, table }) => schema === each.schema && table === each.table),
  );
}

const dependencies: fc.Arbitrary<Dependency[]> = fc.array(
  fc.record({
    on: fc.constantFrom(...ALL),
    dependent: fc.constantFrom(...ALL),
    by: fc.constantFrom('view', 'foreign key'),
  }),
  { maxLength: 12 },
);

function grouped(all: readonly Finding[], judged: typeof ALL, known: readonly Dependency[]) {
  const options = { dependencies: new Map([['batch', known]]), judged, ongoing: [] };
  return joinDependents(groupFindings(all, judged), options);
}

describe('groups', () => {
  test('hold every finding once, and are as severe as the worst of them', () => {
    fc.assert(
      fc.property(findings, fc.subarray(ALL), dependencies, (all, judged, known) => {
        const groups = grouped(all, judged, known);
        const inGroups = groups.flatMap((group) => group.findings);
        expect(inGroups).toHaveLength(all.length);
        expect(new Set(inGroups)).toEqual(new Set(all));
        expect(new Set(groups.map(({ fingerprint }) => fingerprint)).size).toBe(groups.length);
        for (const group of groups)
          for (const { severity } of group.findings)
            expect(compareSeverity(group.severity, severity)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('do not depend on the order of findings and tables', () => {
    fc.assert(
      fc.property(
        findings,
        fc.subarray(ALL),
        dependencies,
        fc.infiniteStream(fc.nat()),
        (all, judged, known, random) => {
          const shuffled = all.map((each) => ({ each, at: random.next().value })).sort((a, b) => a.at - b.at);
          const other = grouped(
            shuffled.map(({ each }) => each),
            [...judged].reverse(),
            [...known].reverse(),
          );
          expect(other).toEqual(grouped(all, judged, known));
        },
      ),
    );
  });
});

describe('incidents over runs', () => {
  /** Run `check` after each of some runs, between which people change states. */
  function overRuns(
    check: (
      incidents: Incidents,
      run: number,
      made: { findings: Finding[]; judged: typeof ALL; sources: string[] },
      changes: readonly IncidentChange[],
    ) => void,
  ) {
    fc.assert(
      fc.property(fc.array(run, { maxLength: 8 }), dependencies, (runs, known) => {
        const incidents = new Incidents(known);
        for (const [i, each] of runs.entries()) {
          const { judged, reached, state } = each;
          const made = { findings: within(each), judged, sources: reached ? ['batch'] : [] };
          const changes = incidents.judge(i + 1, made.findings, made.judged, made.sources);
          check(incidents, i + 1, made, changes);
          const last = incidents.all.at(-1);
          if (state && last && last.state !== 'resolved') incidents.set(last.id, { state });
        }
      }),
    );
  }

  test('at most one incident of a subject is not resolved', () => {
    overRuns((incidents) => {
      const going = incidents.all.filter(({ state }) => state !== 'resolved').map(({ fingerprint }) => fingerprint);
      expect(new Set(going).size).toBe(going.length);
    });
  });

  test('everything from warn on is in an incident of its run', () => {
    overRuns((_, at, { findings: all }, changes) => {
      const seen = changes.filter(({ after }) => after.lastRun === at).flatMap(({ group }) => group?.findings ?? []);
      for (const each of all) if (each.severity !== 'info') expect(seen.filter((one) => one === each)).toHaveLength(1);
    });
  });

  test('judging a run again changes nothing and says nothing', () => {
    overRuns((incidents, at, { findings: all, judged, sources }) => {
      const before = structuredClone(incidents.all);
      const changes = incidents.judge(at, all, judged, sources);
      expect(changes.flatMap(({ notes }) => notes)).toEqual([]);
      expect(incidents.all).toEqual(before);
    });
  });
});
