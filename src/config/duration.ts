const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of a duration such as `90s`, `30m`, `24h`, `7d`, `2w` or `1h30m`; undefined where it is none or is zero. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d{1,9}[smhdw])+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)([smhdw])/g)];
  const total = parts.reduce((sum, [, digits, unit]) => sum + Number(digits) * UNIT_SECONDS[unit!]!, 0);
  return total > 0 ? total : undefined;
}
