import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where an editor finds the JSON Schema of sentinel.yaml, seen from the folder that the file is in. */
export function schemaAddress(folder: string): string {
  const path = relative(folder, fileURLToPath(new URL('../../../docs/sentinel.schema.json', import.meta.url)));
  return encodeURI(path.startsWith('.') ? path : `./${path}`);
}
