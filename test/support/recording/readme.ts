/** Blocks of the README that are parts of the recording, each after a comment that names its command. */
const BLOCK = /(<!-- recorded: (.+) -->\n+```text\n)[\s\S]*?(?=```)/g;

/** The README with the blocks as `recording` has them now; throws where it has no such command. */
export function withRecorded(readme: string, recording: string): string {
  return readme.replace(BLOCK, (_, head: string, command: string) => {
    const found = recording.split('```text\n').find((block) => block.startsWith(`$ ${command}\n`));
    if (found === undefined) throw new Error(`docs/recording.md has no "${command}"`);
    return head + found.slice(0, found.indexOf('```'));
  });
}
