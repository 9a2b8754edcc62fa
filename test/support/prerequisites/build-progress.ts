import { runCommand } from '../command.ts';
import type { CommandOptions } from '../command.ts';

type Report = (line: string) => void;

interface BuildState {
  readonly built: number;
  /** Packages that Go has to compile or link; those in its build cache are not among them. */
  readonly due: number;
  readonly milliseconds: number;
}

const EVERY_MS = 60_000;

/** What is said of a build once a minute. */
export const progressLine = (name: string, { built, due, milliseconds }: BuildState): string =>
  `${name}: ${Math.min(built, due)} of ${due} packages after ${Math.round(milliseconds / 60_000)} min`;

/** `go list` also downloads the modules, so that what comes after it needs no network. */
const packagesDue = async (packages: string, flags: readonly string[], options: CommandOptions): Promise<number> => {
  const template = '{{if .Stale}}{{.ImportPath}}{{end}}';
  const listed = await runCommand('go', ['list', '-deps', ...flags, '-f', template, packages], options);
  return new Set(listed.split('\n').filter(Boolean)).size;
};

/** `go build` into a directory, with a line a minute that says how far it is. */
export const goBuild = async (
  build: { readonly name: string; readonly packages: string; readonly flags: readonly string[] },
  directory: string,
  options: CommandOptions,
  report: Report,
): Promise<void> => {
  const { name, packages, flags } = build;
  const started = Date.now();
  const due = await packagesDue(packages, flags, options);
  report(`${name}: modules are there, ${due} packages to build`);
  let built = 0;
  const say = (): void => report(progressLine(name, { built, due, milliseconds: Date.now() - started }));
  const timer = setInterval(say, EVERY_MS);
  try {
    const onErrorLine = (line: string): void => void (built += line === '' || line.includes(' ') ? 0 : 1);
    await runCommand('go', ['build', '-v', ...flags, '-o', directory, packages], { ...options, onErrorLine });
  } finally {
    clearInterval(timer);
  }
};
