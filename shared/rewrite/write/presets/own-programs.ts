/** What a Task runs of the project that it builds. */
import { startsIn } from './tool-calls.ts';
import type { Command } from './tool-calls.ts';

/** Directories of the system, of tools and of other languages. */
const FOREIGN = [
  /^\/(?:bin|sbin|lib|usr|opt|etc|dev|proc|tmp|go|nix|snap)\//,
  /^(?:~|\$\{?(?:HOME|JAVA_HOME|MAVEN_HOME|GRADLE_HOME|GEM_HOME|GOPATH|GOROOT|VIRTUAL_ENV)\}?)\/bin\//,
  // `.venv/bin/pytest`, `~/.rbenv/bin/rbenv`, `. .env`
  /(?:^|\/)\.[^./]/,
  /(?:^|\/)(?:vendor|venv)\/bin\//,
  /=|:\/\//,
];

/** The programs in the `bin` of a project, as `bin/rails`. In another directory than that of the step they count where a command begins. */
export function binariesIn(command: Command): string[] {
  const starts = startsIn(command);
  return command.flatMap((word, at) => {
    const from = word.search(/(?:^|\/)bin\/[\w-]/);
    if (from < 0 || isForeign(word)) return [];
    return starts[at] === true || /^(?:\.\/)?bin\//.test(word) ? [word.slice(word.indexOf('bin/', from))] : [];
  });
}

function isForeign(word: string): boolean {
  return FOREIGN.some((place) => place.test(word));
}
