import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromJSONSchema } from 'zod';

/** docs/output.schema.json, as it is written and as what checks a line. */
export const OUTPUT_SCHEMA = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'output.schema.json'), 'utf8'),
) as { readonly $defs: Readonly<Record<string, { readonly required: readonly string[] }>> };
export const outputSchema = fromJSONSchema(OUTPUT_SCHEMA as Parameters<typeof fromJSONSchema>[0]);
