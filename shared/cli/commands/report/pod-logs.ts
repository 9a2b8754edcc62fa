/** Logs of pods as `kubectl logs --prefix` prints them: which line is whose. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { invalidParams, messageOf } from '../../../errors.ts';
import { StepLog } from '../../../helper/report/step-log.ts';
import { STANDARD_INPUT } from '../documents.ts';

/** The length at which a line is cut: the lines that are looked for are shorter. */
const MAX_LINE = 64 * 1024;

const PREFIX = { begin: '[pod/', end: '] ' } as const;
/** The longest prefix: names of Kubernetes are no longer. */
const MAX_PREFIX = 600;

/**
 * kubectl writes the prefix before each line, so that a line of another container never begins with ours. What stands within a line may
 * be anybody's: a container may print anything. But kubectl also goes on behind the last line of a container that did not end the line. Then
 * the first line of the next container stands there.
 */
class PodLogs {
  readonly #logs = new Map<string, StepLog>();
  #before = '';
  #isEmpty = true;

  add(line: string): void {
    if (line === '') return;
    this.#isEmpty = false;
    const key = keyOf(line);
    if (key !== undefined) {
      const log = this.#logs.get(key) ?? this.#open(key);
      log.add(textOf(line, key, 0));
    }
    this.#before = line;
  }

  of(pod: string, container: string): StepLog | undefined {
    return this.#logs.get(`${pod}/${container}`);
  }

  /** The last prefix in the line before is kubectl's own, if any is. */
  #open(key: string): StepLog {
    const log = new StepLog();
    const at = this.#before.lastIndexOf(prefixOf(key));
    if (at > 0) log.addDoubtful(textOf(this.#before, key, at));
    this.#logs.set(key, log);
    return log;
  }

  /** True where there are lines, and none has a prefix. */
  get isWithoutPrefix(): boolean {
    return !this.#isEmpty && this.#logs.size === 0;
  }
}

/** Throws InvalidParams for a file that cannot be read, and for lines without a prefix. */
export async function readPodLogs(files: readonly string[], command: string): Promise<PodLogs> {
  const logs = new PodLogs();
  for (const file of files) {
    try {
      const stream = file === STANDARD_INPUT ? process.stdin : createReadStream(file);
      for await (const line of boundedLines(stream)) logs.add(line);
    } catch (error) {
      throw invalidParams(`The logs cannot be read: ${messageOf(error)}`);
    }
  }
  if (!logs.isWithoutPrefix) return logs;
  throw invalidParams(
    `No line of the logs begins with [pod/POD/CONTAINER], so nobody can tell whose it is. Give --logs what \`${command}\` prints.`,
  );
}

/** Lines of at most `MAX_LINE` characters, without their ends. */
async function* boundedLines(stream: Readable): AsyncGenerator<string> {
  let open = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream as AsyncIterable<string>) {
    let begin = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', begin)) {
      yield line(open + chunk.slice(begin, end));
      open = '';
      begin = end + 1;
    }
    open += chunk.slice(begin, begin + MAX_LINE - open.length);
  }
  yield line(open);
}

function line(text: string): string {
  return text.slice(0, MAX_LINE).replace(/\r$/, '');
}

/** `POD/CONTAINER` of a line that begins with a prefix. */
function keyOf(line: string): string | undefined {
  const end = line.startsWith(PREFIX.begin) ? line.slice(0, MAX_PREFIX).indexOf(PREFIX.end) : -1;
  return end < 0 ? undefined : line.slice(PREFIX.begin.length, end);
}

function prefixOf(key: string): string {
  return PREFIX.begin + key + PREFIX.end;
}

function textOf(line: string, key: string, at: number): string {
  return withoutTimestamp(line.slice(at + prefixOf(key).length));
}

/** What `--timestamps` puts behind the prefix: https://www.rfc-editor.org/rfc/rfc3339 */
function withoutTimestamp(text: string): string {
  return text.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) /, '');
}
