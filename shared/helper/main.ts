/**
 * The program of a helper pod, and of the steps that resolvers inject: one request from the environment, one report.
 *
 *     node main.ts [--termination-log FILE | --results-dir DIR]
 *
 * The report becomes the container's termination message; for a step of Tekton, each result becomes a file.
 */
import { parseArgs } from 'node:util';
import { endProcess } from '../end-process.ts';
import { asCacheError } from '../errors.ts';
import { EXIT, TERMINATION_LOG } from '../request/protocol.ts';
import { realPorts } from './ports.ts';
import { readRequest } from './read-request.ts';
import { resultFiles, terminationMessage } from './report/report.ts';
import { runToEnd } from './run-to-end.ts';
import { standardError } from './report/text-log.ts';

const log = standardError();
/** https://nodejs.org/docs/latest-v24.x/api/process.html#exit-codes */
const LOST = 13;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { 'results-dir': { type: 'string' }, 'termination-log': { type: 'string', default: TERMINATION_LOG } },
  });
  const request = readRequest(process.env);
  const directory = values['results-dir'];
  if (directory !== undefined) return runToEnd(request, realPorts(request, log), resultFiles(directory));
  // A pod's log says at once that it is alive; that of a step begins with the verdict.
  const names = request.auto === undefined ? request.caches.map(({ name }) => name) : ['what the sources ask for'];
  log.line(`${request.verb} of ${names.join(', ')}`);
  return runToEnd(request, realPorts(request, log), terminationMessage(values['termination-log']));
}

// If a promise of the work never settles, Node ends the process, as nothing is left to wait for. Its exit code tells of that then, instead of 0.
process.exitCode = LOST;
void main()
  .catch((error: unknown) => {
    log.line(asCacheError(error).message);
    return EXIT.usage;
  })
  .then(endProcess);
