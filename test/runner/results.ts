/** How one test, or one hook, of a mocha process ended. */
export interface TestResult {
  /** From the root of the repository. */
  readonly file: string;
  /** With the titles of the describes around it, as `--grep` sees it. */
  readonly title: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What mocha prints of the failure: message, difference, stack, causes. */
  readonly failure?: string;
  /** For a hook that failed: the title of the describe whose tests it kept from running. */
  readonly hookOf?: string;
}

/** One line of the file that the reporter writes. */
export type ResultLine =
  | { readonly event: 'begin'; readonly file: string; readonly title: string }
  | ({ readonly event: 'result' } & TestResult)
  | { readonly event: 'end' };

/** What one process of a suite said before it ended. */
export interface RunRecord {
  readonly results: readonly TestResult[];
  /** False when the process ended before its last test. */
  readonly complete: boolean;
  /** The test that began last and has no result. */
  readonly inside?: string;
}

/** Reads the reporter's file. A process that is killed may leave half a line at the end. */
export const readResults = (text: string): RunRecord => {
  const results: TestResult[] = [];
  let complete = false;
  let inside: string | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const { event, ...rest }: ResultLine = JSON.parse(line);
    if (event === 'end') complete = true;
    else if ('outcome' in rest) {
      results.push(rest);
      inside = undefined;
    } else if ('title' in rest) inside = rest.title;
  }
  return { results, complete, ...(inside === undefined ? {} : { inside }) };
};
