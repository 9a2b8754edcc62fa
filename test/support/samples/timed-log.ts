/** What a container said. */
export interface TimedLog {
  readonly lines: readonly string[];
  /** From the first line to the last. */
  readonly seconds: number;
}

/** `log` is that of a container, each line with its time in front, as the API gives it with `timestamps=true`. */
export const readTimedLog = (log: string): TimedLog => {
  const lines = log.split('\n').filter((line) => line !== '');
  return {
    lines: lines.map((line) => line.slice(line.indexOf(' ') + 1)),
    seconds: lines.length === 0 ? 0 : (timeOf(lines.at(-1)) - timeOf(lines[0])) / 1000,
  };
};

const timeOf = (line = ''): number => Date.parse(line.slice(0, line.indexOf(' ')));
