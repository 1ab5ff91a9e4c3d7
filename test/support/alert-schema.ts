import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromJSONSchema } from 'zod';

/** docs/alert.schema.json as what checks an alert. */
export const alertSchema = fromJSONSchema(
  JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'alert.schema.json'), 'utf8')),
);
