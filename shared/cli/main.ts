import { endProcess } from '../end-process.ts';
import { asCacheError } from '../errors.ts';
import { logText } from '../helper/report/reason-of-error.ts';
import { didYouMean } from '../interface/text/nearest.ts';
import { ownVersion } from '../interface/version.ts';
import { EXIT } from '../request/protocol.ts';
import { writeError, writeLine } from '../standard-streams.ts';
import type { Subcommand, Terminal } from './arguments/subcommand.ts';

interface SubcommandRow {
  readonly summary: string;
  /** Loaded when it is called: a hash needs no registry. */
  readonly load: () => Promise<Subcommand>;
}

const SUBCOMMANDS: ReadonlyMap<string, SubcommandRow> = new Map([
  [
    'fetch',
    {
      summary: 'restore directories from a cache',
      load: async () => (await import('./commands/transfer-command.ts')).transferCommand('fetch'),
    },
  ],
  [
    'upload',
    {
      summary: 'store directories in a cache',
      load: async () => (await import('./commands/transfer-command.ts')).transferCommand('upload'),
    },
  ],
  [
    'hash',
    {
      summary: 'print the hash of files, as {{hash}} stands for it',
      load: async () => (await import('./commands/hash-command.ts')).HASH_COMMAND,
    },
  ],
  [
    'presets',
    {
      summary: 'list what is known about tools, or show one: key, directories, variables',
      load: async () => (await import('./commands/presets-command.ts')).PRESETS_COMMAND,
    },
  ],
  [
    'resolve',
    {
      summary: 'show what the resolvers make of a run, without a cluster',
      load: async () => (await import('./commands/resolve-command.ts')).RESOLVE_COMMAND,
    },
  ],
  [
    'report',
    {
      summary: 'list what the caches of a PipelineRun did',
      load: async () => (await import('./commands/report-command.ts')).REPORT_COMMAND,
    },
  ],
  [
    'policy',
    {
      summary: 'explain what a run may read and write, and by which rule',
      load: async () => (await import('./commands/policy-command.ts')).POLICY_COMMAND,
    },
  ],
  [
    'storage',
    {
      summary: 'list what the registry of the installation holds, by namespace',
      load: async () => (await import('./commands/storage-command.ts')).STORAGE_COMMAND,
    },
  ],
]);

/** Run by StepActions, and of no use to people: not in the list. */
const STEP_SUBCOMMANDS: ReadonlyMap<string, SubcommandRow['load']> = new Map([
  ['tekton-caches', async () => (await import('./tekton-caches/command.ts')).TEKTON_CACHES_COMMAND],
]);

const TERMINAL: Terminal = {
  environment: process.env,
  print: (text) => writeLine('stdout', text),
  log: (text) => writeLine('stderr', text),
};

/**
 * The command line of this process, without the name of the program. Resolves to the exit code: output that is lost is a failure, and so is
 * an error that gets through.
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  const code = await main(args, TERMINAL).catch((error: unknown) => {
    TERMINAL.log(`tekton-cache: ${logText(asCacheError(error))}`);
    return EXIT.failed;
  });
  const lost = await writeError('stdout');
  if (lost === undefined) return code;
  TERMINAL.log(`tekton-cache: the output could not be written: ${lost.message}`);
  return code === EXIT.ok ? EXIT.failed : code;
}

/** The same, and the process ends with that code. */
export async function endWithProgram(args: readonly string[]): Promise<void> {
  endProcess(await runProgram(args));
}

/** Resolves to the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args[0] === 'help' && args[1] !== undefined ? [args[1], '--help'] : args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal[name === undefined ? 'log' : 'print'](overview());
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === '--version' || name === '-v') {
    terminal.print(ownVersion());
    return EXIT.ok;
  }
  const load = SUBCOMMANDS.get(name)?.load ?? STEP_SUBCOMMANDS.get(name);
  if (load === undefined) {
    terminal.log(
      `tekton-cache: there is no subcommand ${JSON.stringify(name)}; ${didYouMean(name, [...SUBCOMMANDS.keys()])}`,
    );
    return EXIT.usage;
  }
  return (await load()).run(rest, terminal);
}

function overview(): string {
  const rows = [...SUBCOMMANDS].map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`);
  const hint = 'tekton-cache SUBCOMMAND --help lists the options of one.';
  return ['Usage: tekton-cache SUBCOMMAND [OPTION ...]', '', ...rows, '', hint].join('\n');
}
