/** Programs of the project itself that a Task runs: what these do is unknown before the run. */
import { nameOf, startsIn } from './tool-calls.ts';
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

/** Programs that run what a file of the project tells them to. */
const BY_FILE = /^(?:make|gmake|just|task|rake)$/;

const SHELL = /^(?:sh|bash|dash|ash|ksh|zsh|\.|source)$/;

/** The programs in the `bin` of a project, as `bin/rails`. In another directory than that of the step they count where a command begins. */
export function binariesIn(command: Command): string[] {
  const starts = startsIn(command);
  return command.flatMap((word, at) => {
    const from = word.search(/(?:^|\/)bin\/[\w$-]/);
    if (from < 0 || isForeign(word)) return [];
    return starts[at] === true || /^(?:\.\/)?bin\//.test(word) ? [word.slice(word.indexOf('bin/', from))] : [];
  });
}

/** Does a command run something that may do anything: a script of the project, `make`, or what a param says? */
export function runsOwn(command: Command): boolean {
  const starts = startsIn(command);
  return command.some((word, at) => {
    if (starts[at] !== true || word.includes('=')) return false;
    if (BY_FILE.test(nameOf(word)) || /^\$[^/]*$/.test(word)) return true;
    if (!SHELL.test(nameOf(word))) return word.includes('/') && !isForeign(word);
    const rest = command.slice(at + 1);
    return !rest.some((one) => /^-\w{0,5}c$/.test(one)) && rest.some((one) => /[./]/.test(one) && !isForeign(one));
  });
}

function isForeign(word: string): boolean {
  return FOREIGN.some((place) => place.test(word));
}
