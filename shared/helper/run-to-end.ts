import { asCacheError, CacheError, ERROR_CODES } from '../errors.ts';
import { EXIT, STOP_MS } from '../request/protocol.ts';
import type { CacheReport, CacheRequest } from '../request/protocol.ts';
import { logText, reasonOf } from './report/reason-of-error.ts';
import { reportWithout } from './report/report.ts';
import type { ReportSink } from './report/report.ts';
import { runRequest } from './run-request.ts';
import type { Ports } from './run-request.ts';

/**
 * Runs a request as the one job of this process, and sees to it that there is a report whatever happens: with the values of a miss
 * before any work, and again at the end, on SIGTERM or SIGINT, and when an error gets through. Resolves to the exit code.
 */
export async function runToEnd(request: CacheRequest, ports: Ports, sink: ReportSink): Promise<number> {
  sink(reportWithout(request, '', { code: ERROR_CODES.Internal, message: 'The process ended before its work did.' }));
  const stop = new AbortController();
  const broken = Promise.withResolvers<CacheReport>();
  const fail = (error: unknown): void => {
    const failure = asCacheError(error);
    ports.log.line(logText(failure));
    broken.resolve(reportWithout(request, reasonOf(failure), failure));
  };
  const onSignal = (name: NodeJS.Signals): void => {
    const cancelled = new CacheError(ERROR_CODES.Cancelled, `The work was stopped by ${name}.`);
    ports.log.line(cancelled.message);
    stop.abort(cancelled);
    setTimeout(() => broken.resolve(reportWithout(request, 'cancelled', cancelled)), STOP_MS).unref();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal).on('uncaughtException', fail);
  try {
    const work = runRequest(request, ports, stop.signal).catch((error: unknown) => {
      fail(error);
      return broken.promise;
    });
    const report = await Promise.race([work, broken.promise]);
    sink(report);
    // Whoever stops a command does not want the script to go on with its next line.
    return stop.signal.aborted ? EXIT.failed : exitCode(report);
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal).off('uncaughtException', fail);
  }
}

function exitCode({ failure }: CacheReport): number {
  if (failure === undefined) return EXIT.ok;
  return failure.code === ERROR_CODES.InvalidParams ? EXIT.usage : EXIT.failed;
}
