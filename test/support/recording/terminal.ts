import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly columns: number;
}

/** A shell on a real terminal, that of tmux, whose screen can be read. */
export class Terminal {
  readonly #socket = `sentinel-recording-${process.pid}`;
  readonly #prompt = '$ ';

  constructor({ cwd, env, columns }: TerminalOptions) {
    const variables = Object.entries({ ...env, PS1: this.#prompt }).map(([name, value]) => `${name}=${value}`);
    this.#tmux(
      ...['-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', '50', '-c', cwd],
      ...['--', 'env', '-i', ...variables, 'bash', '--norc', '--noprofile'],
    );
    this.#tmux('set-option', '-g', 'history-limit', '10000');
  }

  /** What a command leaves on the screen, itself first, until the prompt is there again. */
  async run(command: string, answers: readonly (readonly [question: RegExp, answer: string])[] = []): Promise<string> {
    await this.#until((screen) => screen.endsWith(`\n${this.#prompt}`) || screen === this.#prompt);
    this.#tmux('send-keys', '-R');
    this.#tmux('clear-history');
    this.#tmux('send-keys', 'Enter');
    await this.#until((screen) => screen.endsWith(this.#prompt));
    this.#tmux('send-keys', '-l', command);
    this.#tmux('send-keys', 'Enter');
    for (const [question, answer] of answers) {
      await this.#until((screen) => question.test(screen));
      await sleep(300);
      this.#tmux('send-keys', ...(answer.startsWith('C-') ? [answer] : ['-l', answer]));
      if (!answer.startsWith('C-')) this.#tmux('send-keys', 'Enter');
    }
    const screen = await this.#until((text) => text.endsWith(`\n${this.#prompt}`) && text.includes(command));
    const from = screen.indexOf(`${this.#prompt}${command.slice(0, 40)}`);
    return screen.slice(from, -this.#prompt.length).replace(/ +$/gm, '').trimEnd();
  }

  close(): void {
    this.#tmux('kill-server');
  }

  async #until(isSo: (screen: string) => boolean): Promise<string> {
    for (let tries = 0; tries < 3_000; tries++) {
      // -J: lines that the terminal broke, as they are too long for it, are whole
      const screen = this.#tmux('capture-pane', '-pJ', '-S', '-').trimEnd();
      const shown = screen.endsWith('$') ? `${screen} ` : screen;
      if (isSo(shown)) return shown;
      await sleep(100);
    }
    throw new Error(`the terminal does not come to it:\n${this.#tmux('capture-pane', '-p')}`);
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...args], { encoding: 'utf8' });
  }
}
