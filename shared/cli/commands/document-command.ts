import { asCacheError } from '../../errors.ts';
import { EXIT } from '../../request/protocol.ts';
import { helpText, usageProblem } from '../arguments/help.ts';
import { readOptions } from '../arguments/options.ts';
import type { OptionRow, Options } from '../arguments/options.ts';
import type { Subcommand, Terminal } from '../arguments/subcommand.ts';

interface DocumentCommand {
  /** The name of the subcommand, as a user types it. */
  readonly name: string;
  readonly rows: readonly OptionRow[];
  /** The name, in the help, of the one word that is no option; absent where the subcommand takes none. */
  readonly operand?: string;
  readonly usage: string;
  readonly summary: string;
  /** What is wrong besides, a sentence each. */
  readonly check: (options: Options) => readonly string[];
  /** What is printed. Throws `CacheError`. */
  readonly answer: (options: Options, terminal: Terminal) => Promise<string>;
}

/** A subcommand that reads documents of a cluster from files, and prints what it makes of them. */
export function documentCommand({ name, rows, operand, usage, summary, check, answer }: DocumentCommand): Subcommand {
  return {
    run: async (args, terminal) => {
      const options = readOptions(args, rows, operand);
      if (options.flags.get('help') === true) {
        terminal.print(helpText(usage, summary, rows));
        return EXIT.ok;
      }
      const problems = [...options.problems, ...check(options)];
      if (problems.length > 0) {
        terminal.log(usageProblem(name, problems.join('\n')));
        return EXIT.usage;
      }
      try {
        terminal.print(await answer(options, terminal));
        return EXIT.ok;
      } catch (error) {
        terminal.log(`tekton-cache ${name}: ${asCacheError(error).message}`);
        return EXIT.failed;
      }
    },
  };
}

/** The file that has to be given. */
export function fileOf({ values }: Options): string {
  return values.get('file') ?? '';
}

export function lacksFile({ values }: Options): readonly string[] {
  return values.has('file') ? [] : ['-f is required.'];
}
