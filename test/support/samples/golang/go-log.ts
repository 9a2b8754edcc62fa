import type { TimedLog } from '../timed-log.ts';

/** What `go build -x` says that it did. */
export interface GoWork {
  /** Packages compiled. */
  readonly compiled: number;
  /** Modules downloaded. */
  readonly downloaded: number;
}

export const readGoLog = ({ lines }: TimedLog): GoWork => {
  if (!lines.some((line) => line.startsWith('WORK='))) {
    throw new Error('the build does not say what it did: its flags have to have -x');
  }
  return {
    compiled: lines.filter((line) => /^\S+\/compile -o /.test(line)).length,
    downloaded: lines.filter((line) => line.startsWith('go: downloading ')).length,
  };
};
