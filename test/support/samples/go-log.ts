/** What `go build -x` says that it did. */
export interface GoWork {
  /** Packages compiled. */
  readonly compiled: number;
  /** Modules downloaded. */
  readonly downloaded: number;
  /** From the first line of the build to its last. */
  readonly seconds: number;
}

/** `log` is that of a container, each line with its time in front, as the API gives it with `timestamps=true`. */
export const readGoLog = (log: string): GoWork => {
  const lines = log.split('\n').filter((line) => line !== '');
  const texts = lines.map((line) => line.slice(line.indexOf(' ') + 1));
  if (!texts.some((text) => text.startsWith('WORK='))) {
    throw new Error('the build does not say what it did: its flags have to have -x');
  }
  return {
    compiled: texts.filter((text) => /^\S+\/compile -o /.test(text)).length,
    downloaded: texts.filter((text) => text.startsWith('go: downloading ')).length,
    seconds: (timeOf(lines.at(-1)) - timeOf(lines[0])) / 1000,
  };
};

const timeOf = (line = ''): number => Date.parse(line.slice(0, line.indexOf(' ')));
