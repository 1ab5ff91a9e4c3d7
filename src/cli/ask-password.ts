import { CliError, EXIT } from './exit-code.js';

/** True where somebody can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Ask on the terminal, without echo; empty where nothing was typed. Ends with exit 130 on Ctrl-C. */
export async function askPassword(question: string): Promise<string> {
  const { stdin, stderr } = process;
  // Before the question, or what a quick answer begins with would be seen.
  stdin.setRawMode(true);
  stderr.write(question);
  stdin.setEncoding('utf8').resume();
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed = '';
      const end = () => resolve(typed);
      stdin.once('end', end);
      stdin.on('data', function read(keys: string) {
        for (const key of keys) {
          if (key === '\u0003') reject(new CliError('stopped', EXIT.interrupted));
          else if (key === '\r' || key === '\n' || key === '\u0004') end();
          else if (key === '\u007F' || key === '\b') typed = [...typed].slice(0, -1).join('');
          // Ctrl-U begins anew, as terminals have it.
          else typed = key === '\u0015' ? '' : typed + key;
          if (key === '\r' || key === '\n' || key === '\u0003' || key === '\u0004') {
            stdin.off('data', read);
            return;
          }
        }
      });
    });
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
