/** Programs that start a tool without the variables of its step. */
import { commandsOf, nameOf, startsIn } from './tool-calls.ts';
import type { Command } from './tool-calls.ts';

/** A variable of a preset, and the programs that read it. */
const READERS: readonly (readonly [variable: string, programs: RegExp])[] = [
  ['GOMODCACHE', /^(?:go|ko|goreleaser|golangci-lint)$/],
  ['CARGO_HOME', /^cargo$/],
  ['BUNDLE_PATH', /^bundler?$/],
  ['COMPOSER_CACHE_DIR', /^composer$/],
  ['NUGET_PACKAGES', /^dotnet$/],
  ['HEX_HOME', /^mix$/],
  ['PUB_CACHE', /^(?:dart|flutter)$/],
  ['npm_config_store_dir', /^pnpm$/],
  ['YARN_GLOBAL_FOLDER', /^yarn$/],
  ['BUN_INSTALL_CACHE_DIR', /^bun$/],
  ['npm_config_cache', /^np[mx]$/],
  ['DENO_DIR', /^deno$/],
  ['UV_CACHE_DIR', /^uvx?$/],
  ['POETRY_CACHE_DIR', /^poetry$/],
  ['PIP_CACHE_DIR', /^(?:pip3?|tox|nox)$/],
  ['GRADLE_USER_HOME', /^gradlew?$/],
  ['MAVEN_OPTS', /^mvnw?$/],
  ['SBT_OPTS', /^sbt$/],
  ['TF_PLUGIN_CACHE_DIR', /^(?:terraform|tofu)$/],
];

/** A program that starts another one. */
interface Starter {
  readonly name: RegExp;
  /** An option by which it keeps the variables, or one without which it does. */
  readonly keeps?: RegExp;
  readonly drops?: RegExp;
  readonly instead: string;
}

const STARTERS: readonly Starter[] = [
  { name: /^sudo$/, keeps: /^(?:-[A-Za-z]{0,8}E|--preserve-env)/, instead: '`sudo -E`' },
  { name: /^(?:su|runuser)$/, drops: /^(?:-|-l|--login)$/, instead: '`su` without `-`' },
  { name: /^env$/, drops: /^(?:-|-i|--ignore-environment)$/, instead: '`env` without `-i`' },
];

export interface Dropped {
  readonly variable: string;
  readonly tool: string;
  readonly starter: string;
  readonly instead: string;
}

/** The tools of a text that do not get their variables. */
export function droppedVariables(text: string, variables: readonly string[]): Dropped[] {
  const readers = READERS.filter(([variable]) => variables.includes(variable));
  return commandsOf(text).flatMap((command) =>
    readers.flatMap(([variable, programs]) => {
      const { starter, instead = '', programs: started } = startWithout(command, variable) ?? {};
      const tool = started?.find((one) => programs.test(one));
      return starter === undefined || tool === undefined ? [] : [{ variable, tool, starter, instead }];
    }),
  );
}

/**
 * The program in a command that starts others without the variable, and which: `sudo rm -r /usr/local/go` does not start Go. Who hands the
 * variable on by name (`sudo A="$A" tool`) knows what it does.
 */
export function startWithout(command: Command, variable: string) {
  const starts = startsIn(command);
  for (const [at, word] of command.entries()) {
    const found = starts[at] === true ? STARTERS.find(({ name }) => name.test(nameOf(word))) : undefined;
    const words = command.slice(at + 1);
    const begins = starts.slice(at + 1);
    if (found === undefined || !isWithout(found, words, begins)) continue;
    if (words.some((one) => one.startsWith(`${variable}=`))) return undefined;
    const programs = words.filter((_, place) => begins[place] === true).map(nameOf);
    return { starter: nameOf(word), instead: found.instead, programs };
  }
  return undefined;
}

/** Options of the program itself come before what it starts; only `su -c 'tool' - user` has its dash behind. */
function isWithout({ name, keeps, drops }: Starter, words: readonly string[], begins: readonly boolean[]): boolean {
  const first = begins.indexOf(true);
  const options = first < 0 ? words : words.slice(0, first);
  if (keeps !== undefined) return !options.some((word) => keeps.test(word));
  const isBehind = name.test('su') && words.at(-2) === '-';
  return drops !== undefined && (isBehind || options.some((word) => drops.test(word)));
}
