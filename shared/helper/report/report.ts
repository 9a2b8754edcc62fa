import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { initialResults } from '../../interface/results/join-results.ts';
import { RESULTS } from '../../interface/results/results.ts';
import type { Reason, Results } from '../../interface/results/results.ts';
import { TERMINATION_LOG_BYTES } from '../../request/protocol.ts';
import type { CacheReport, CacheRequest } from '../../request/protocol.ts';

/** Takes reports; each replaces the one before. Synchronous, because the last one may be written while the process dies. */
export type ReportSink = (report: CacheReport) => void;

/** The report in the file that the kubelet makes the container's termination message. */
export function terminationMessage(file: string): ReportSink {
  return (report) => writeFileSync(file, encodeReport(report, TERMINATION_LOG_BYTES));
}

/** Writes each plain result into a file of its name, where Tekton reads the results of steps. Throws `Unwritable`. */
export function resultFiles(directory: string): ReportSink {
  return ({ results }) => {
    for (const { name } of RESULTS) {
      const value = results[name];
      if (value !== undefined) writeResult(join(directory, name), value);
    }
  };
}

function writeResult(file: string, value: string): void {
  try {
    writeFileSync(file, value);
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    const message = `The result ${file} cannot be written: ${error.message}. Check the free space there, and who owns it.`;
    throw new CacheError(ERROR_CODES.Unwritable, message, { cause: error });
  }
}

/** The report of a run that ends before, or without, doing what was asked. */
export function reportWithout(
  { verb, caches, onError }: Pick<CacheRequest, 'verb' | 'caches' | 'onError'>,
  reason: Reason | '',
  failure: { readonly code: string; readonly message: string },
): CacheReport {
  const results: Results = initialResults(
    verb,
    caches.map(({ name }) => name),
  );
  for (const name of Object.keys(results)) {
    if (name === 'reason' || name.endsWith('-reason')) results[name] = reason;
  }
  const { code, message } = failure;
  return { version: 1, results, message, ...(onError === 'fail' ? { failure: { code, message } } : {}) };
}

/**
 * JSON of at most `limit` bytes. Sentences are cut to make room, those of `message` first; results never are: parseRequest refuses
 * requests whose results would not fit.
 */
export function encodeReport(report: CacheReport, limit: number): string {
  const text = JSON.stringify(report);
  if (Buffer.byteLength(text) <= limit) return text;
  const { failure } = report;
  const bare = {
    ...report,
    message: '',
    ...(failure === undefined ? {} : { failure: { code: failure.code, message: '' } }),
  };
  const room = limit - Buffer.byteLength(JSON.stringify(bare));
  const reasons = failure === undefined ? '' : cutTo(failure.message, room);
  const rest = room - jsonBytes(reasons);
  return JSON.stringify({
    ...bare,
    message: cutTo(report.message, rest),
    ...(failure === undefined ? {} : { failure: { code: failure.code, message: reasons } }),
  });
}

/** The longest beginning of a text that takes at most `room` bytes inside of a JSON string. */
function cutTo(text: string, room: number): string {
  if (jsonBytes(text) <= room) return text;
  const characters = Array.from(text);
  let used = jsonBytes('…');
  let end = 0;
  for (; end < characters.length; end++) {
    used += jsonBytes(characters[end] ?? '');
    if (used > room) break;
  }
  return room < jsonBytes('…') ? '' : `${characters.slice(0, end).join('')}…`;
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
