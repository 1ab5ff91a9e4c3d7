import type { AlertFacts, AlertPlan, PlannedSink } from '#src/core/incidents/alert-plan.js';
import { compareSeverity } from '#src/core/incidents/severity.js';
import type { RelationName } from '#src/core/model/dependency.js';
import { type Config, tablePolicies } from './config.js';
import { type AlertRoute, compileTablePolicies, type TablePolicy } from './policy.js';
import { compileTableGlob } from './table-glob.js';

/** To whom what is told, of the sinks that are configured. */
export function alertPlan(
  { alerts, policy, ...rest }: Pick<Config, 'alerts' | 'policy' | 'dbt'>,
  sinks: readonly PlannedSink[],
): AlertPlan {
  const { routes, digest } = policy.alerts;
  const policies = tablePolicies({ policy, ...rest });
  const all = new Set(sinks.map(({ name }) => name));
  return {
    ...{ sinks, ...digest },
    route: routes === null ? () => all : compileRoutes(routes, all),
    ownersOf: compileOwners(policies),
    feedsOf: compileFeeds(policies),
    linksTo: linksTo(alerts.reportUrl),
    reminderMs: alerts.reminderMs ?? null,
  };
}

/** Who looks after these tables of a source; sorted, each once. */
export function compileOwners(policies: readonly TablePolicy[]): AlertPlan['ownersOf'] {
  const settingsOf = compileTablePolicies(policies.filter(({ owner }) => owner !== undefined));
  return (source: string, tables: readonly RelationName[]) =>
    [...new Set(tables.flatMap((table) => settingsOf({ source, ...table }).owner ?? []))].sort();
}

/** What is declared to be made from a table, by people or by dbt. */
export function compileFeeds(policies: readonly TablePolicy[]): AlertPlan['feedsOf'] {
  const settingsOf = compileTablePolicies(policies.filter(({ feeds }) => feeds !== undefined));
  return (name) => settingsOf(name).feeds ?? [];
}

/** Every route that an alert meets counts: none can take from another what it would get. */
function compileRoutes(routes: readonly AlertRoute[], configured: ReadonlySet<string>): AlertPlan['route'] {
  const compiled = routes.map((route) => ({ meets: compileRoute(route), sinks: route.sinks }));
  return (facts) =>
    new Set(
      compiled.filter(({ meets }) => meets(facts)).flatMap(({ sinks }) => sinks.filter((sink) => configured.has(sink))),
    );
}

function compileRoute({ severity, source, table, owner }: AlertRoute): (facts: AlertFacts) => boolean {
  const matches = table === undefined ? undefined : compileTableGlob(table);
  return (facts) =>
    (severity === undefined || compareSeverity(facts.severity, severity) >= 0) &&
    (source === undefined || facts.source === source) &&
    (owner === undefined || facts.owners.includes(owner)) &&
    (matches === undefined || facts.tables.some((each) => matches({ source: facts.source, ...each })));
}

/** The report's and the dashboard's addresses of what they show: `#/incident/INC-3`. */
function linksTo(reportUrl: string | undefined): AlertPlan['linksTo'] {
  if (reportUrl === undefined) return () => ({});
  const page = reportUrl.replace(/#.*$/s, '');
  return (incident) => (incident === null ? { report: page } : { incident: `${page}#/incident/${incident}` });
}
