import { Command, type ErrorOptions } from 'commander';
import { suggest } from '#src/config/names.js';

/** commander's command, whose complaints name what was typed. */
export class CliCommand extends Command {
  override createCommand(name?: string): CliCommand {
    return new CliCommand(name);
  }

  override error(message: string, options?: ErrorOptions): never {
    const text =
      options?.code === 'commander.excessArguments'
        ? this.#excess()
        : message.replace(/ is invalid\. (?=[a-z])/, ' is invalid; ');
    return super.error(text, options);
  }

  /** commander counts arguments only, and takes a misspelt command for an argument of the default one. */
  #excess(): string {
    const { parent, args } = this;
    const extra = args[this.registeredArguments.length] ?? '';
    const typed = parent?.args[0];
    if (parent === null || typed === this.name() || typed !== extra)
      return `error: '${this.name()}' has no use for '${extra}'`;
    const nearest = suggest(
      extra,
      parent.commands.map((command) => command.name()),
    );
    return `error: unknown command '${extra}'${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
  }
}
