import { resolve } from 'node:path';
import { asCacheError, ERROR_CODES } from '../../errors.ts';
import { isDirectory } from '../../helper/is-directory.ts';
import { realPorts } from '../../helper/ports.ts';
import { reportWithout, resultFiles } from '../../helper/report/report.ts';
import type { ReportSink } from '../../helper/report/report.ts';
import { resultsLine } from '../../helper/report/step-log.ts';
import { runToEnd } from '../../helper/run-to-end.ts';
import type { Verb } from '../../interface/params.ts';
import { EXIT } from '../../request/protocol.ts';
import type { CacheReport, CacheRequest } from '../../request/protocol.ts';
import { helpText, usageProblem } from '../arguments/help.ts';
import { readOptions } from '../arguments/options.ts';
import type { Options } from '../arguments/options.ts';
import type { Subcommand, Terminal } from '../arguments/subcommand.ts';
import { isNothingBound, transferOptions, transferRequest } from '../arguments/transfer-request.ts';

const SUMMARY: Record<Verb, string> = {
  fetch: 'Restores directories from the cache entry of a target, or else of a fallback.',
  upload: 'Stores directories as the cache entry of a target.',
};

/** `tekton-cache fetch` and `tekton-cache upload`: the helper, with its request from options. */
export function transferCommand(verb: Verb): Subcommand {
  const rows = transferOptions(verb);
  return {
    run: async (args, terminal) => {
      const options = readOptions(args, rows);
      if (options.flags.get('help') === true) {
        terminal.print(
          helpText(
            `tekton-cache ${verb} --target REFERENCE [--source DIR] --workspace NAME=DIR ... [OPTION ...]`,
            SUMMARY[verb],
            rows,
          ),
        );
        return EXIT.ok;
      }
      const resultsDir = options.values.get('results-dir') ?? '';
      // Made absolute and without `..`, as files are written into it. A step names it by the path of a result that is not there yet.
      if (resultsDir !== '' && !isDirectory(resolve(resultsDir))) {
        terminal.log(
          `tekton-cache ${verb}: --results-dir: there is no directory ${JSON.stringify(resultsDir)}. Make it first.`,
        );
        return EXIT.usage;
      }
      const output = openOutput(options, terminal);
      const code = await transfer(verb, options, terminal, output.sink);
      output.finish();
      return code;
    },
  };
}

async function transfer(verb: Verb, options: Options, terminal: Terminal, sink: ReportSink): Promise<number> {
  if (options.problems.length === 0 && isNothingBound(options)) {
    const message = 'None of the workspaces is bound, so that there is nothing to do.';
    sink(reportWithout({ verb, caches: [], onError: 'continue' }, 'disabled', { code: '', message }));
    terminal.log(message);
    return EXIT.ok;
  }
  let request: CacheRequest;
  try {
    request = transferRequest(verb, options, terminal.environment);
  } catch (caught) {
    const error = asCacheError(caught);
    if (error.code !== ERROR_CODES.InvalidParams) throw error;
    sink(reportWithout({ verb, caches: [], onError: 'fail' }, 'invalid-params', error));
    terminal.log(usageProblem(verb, error.message));
    return EXIT.usage;
  }
  const code = await runToEnd(request, realPorts(request, { line: (text) => terminal.log(text) }), sink);
  for (const note of options.lists.get('note') ?? []) terminal.log(`note: ${note}`);
  return code;
}

/** Results go to files at once, and as JSON to standard output at the end; those of a step are in its log, as Tekton keeps few of them. */
function openOutput({ values, flags }: Options, terminal: Terminal): { readonly sink: ReportSink; finish(): void } {
  const directory = values.get('results-dir');
  const toFiles = directory === undefined || directory === '' ? undefined : resultFiles(directory);
  let last: CacheReport | undefined;
  return {
    sink: (report) => {
      last = report;
      toFiles?.(report);
    },
    finish: () => {
      const isPrinted = flags.get('json') === true || toFiles !== undefined;
      if (isPrinted && last !== undefined) terminal.print(resultsLine(last.results));
    },
  };
}
