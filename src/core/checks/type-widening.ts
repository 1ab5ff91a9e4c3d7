/** Types whose values all fit into those that follow. */
const LADDERS: readonly (readonly string[])[] = [
  ['smallint', 'integer', 'bigint', 'numeric'],
  ['real', 'double precision'],
];

const TEXT = /^(?:character varying|text)(?:\((\d+)\))?$/;
const NUMERIC = /^numeric\((\d+),(-?\d+)\)$/;

/** True where every value of the first type (as `format_type()` prints it) is a value of the second, unchanged. */
export function isWidening(from: string, to: string): boolean {
  for (const ladder of LADDERS) {
    const low = ladder.indexOf(from);
    if (low >= 0 && ladder.indexOf(to) > low) return true;
  }
  const [text, widerText] = [TEXT.exec(from), TEXT.exec(to)];
  if (text && widerText) {
    const limit = widerText[1] === undefined ? Number.POSITIVE_INFINITY : Number(widerText[1]);
    return limit >= (text[1] === undefined ? Number.POSITIVE_INFINITY : Number(text[1]));
  }
  const numeric = NUMERIC.exec(from);
  if (!numeric) return false;
  if (to === 'numeric') return true;
  const wider = NUMERIC.exec(to);
  if (!wider) return false;
  const [precision, scale] = [Number(numeric[1]), Number(numeric[2])];
  const [toPrecision, toScale] = [Number(wider[1]), Number(wider[2])];
  return toScale >= scale && toPrecision - toScale >= precision - scale;
}
