import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'openlineage');

interface Facet {
  readonly _schemaURL: string;
}

/** What the published schemas (github.com/OpenLineage/OpenLineage, Apache 2.0) have against an event and each of its facets. */
export function openLineageProblems(event: Record<string, unknown>): string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  for (const name of readdirSync(FOLDER))
    if (name.endsWith('.json')) ajv.addSchema(JSON.parse(readFileSync(join(FOLDER, name), 'utf8')));
  const check = (schema: string, value: unknown): string[] => {
    const validate = ajv.getSchema(schema);
    if (!validate) return [`${schema} is not among the published schemas`];
    return validate(value) ? [] : [`${schema}: ${ajv.errorsText(validate.errors)}`];
  };
  return [
    ...check(String(event.schemaURL), event),
    ...facetsOf(event).flatMap((facet) => check(facet._schemaURL, facet)),
  ];
}

function facetsOf(value: unknown): Facet[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(facetsOf);
  return '_schemaURL' in value ? [value as Facet, ...inside] : inside;
}
