/** Names that came and went between two lists, each sorted. */
export function difference(
  before: readonly string[],
  after: readonly string[],
): { readonly added: readonly string[]; readonly dropped: readonly string[] } {
  const was = new Set(before);
  const is = new Set(after);
  return {
    added: [...is].filter((each) => !was.has(each)).sort(),
    dropped: [...was].filter((each) => !is.has(each)).sort(),
  };
}
