/**
 * The one place where names and texts become SQL. Everything that reaches a statement as text goes through here; values
 * that can be parameters are parameters.
 */

/** A name as a quoted SQL identifier. Throws a RangeError for the two names no Postgres object can have: empty, or with a NUL. */
export function quoteIdentifier(name: string): string {
  if (name === '') throw new RangeError('an SQL identifier cannot be empty');
  refuseNul(name, 'identifier');
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."name"`. */
export function quoteQualified(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** A text as an SQL string literal, right whatever `standard_conforming_strings` is. Throws a RangeError for a NUL. */
export function quoteLiteral(text: string): string {
  refuseNul(text, 'literal');
  const quoted = text.replaceAll("'", "''");
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}

/** A NUL ends the statement text in the wire protocol: what follows it would be lost without an error. */
function refuseNul(text: string, what: string): void {
  if (text.includes('\0')) throw new RangeError(`an SQL ${what} cannot hold a NUL character`);
}
