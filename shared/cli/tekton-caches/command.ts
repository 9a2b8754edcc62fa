/**
 * `tekton-cache tekton-caches fetch|upload`: what the StepActions of manifests/tekton-caches run. It takes the params of
 * openshift-pipelines/tekton-caches, computes its key, and hands the rest to `tekton-cache fetch` or `upload`.
 *
 *     options     = the StepAction's params, patterns as words
 *     FETCHED and not FORCE            -> nothing to upload
 *     s3://, gs://                     -> a sentence, and results without an entry
 *     hash        = peerHash(workingdir, patterns)         none -> no-files
 *     transferCommand(verb).run(--target --hash --workspace cache=FOLDER ...)
 */
import { chmodSync, existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { asCacheError, CacheError, ERROR_CODES, messageOf } from '../../errors.ts';
import { reasonOf } from '../../helper/report/reason-of-error.ts';
import { reportWithout, resultFiles } from '../../helper/report/report.ts';
import type { Verb } from '../../interface/params.ts';
import type { Reason } from '../../interface/results/results.ts';
import { makeDirectories } from '../../make-directories.ts';
import { EXIT } from '../../request/protocol.ts';
import type { Subcommand, Terminal } from '../arguments/subcommand.ts';
import { transferCommand } from '../commands/transfer-command.ts';
import { peerHash } from './peer-hash.ts';

/** What the StepActions hand on; an empty text is a param that was not given. */
const OPTIONS = {
  target: { type: 'string', default: '' },
  folder: { type: 'string', default: '' },
  workingdir: { type: 'string', default: '' },
  insecure: { type: 'string', multiple: true },
  fetched: { type: 'string', multiple: true },
  force: { type: 'string', multiple: true },
  'docker-config': { type: 'string', default: '' },
  'results-dir': { type: 'string', default: '' },
} as const;

/** The name of the one cache, in the log. */
const CACHE = 'cache';

export const TEKTON_CACHES_COMMAND: Subcommand = {
  run: async ([verb, ...args], terminal) => {
    if (verb !== 'fetch' && verb !== 'upload') {
      terminal.log(
        'Usage: tekton-cache tekton-caches fetch|upload --target URI --folder DIR --workingdir DIR -- PATTERN ...',
      );
      return verb === '--help' ? EXIT.ok : EXIT.usage;
    }
    return await run(verb, args, terminal);
  },
};

async function run(verb: Verb, args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  // White space ends a pattern, as in the shell of tekton-caches, so one text may hold several patterns.
  const patterns = positionals.flatMap((text) => text.split(/\s+/)).filter(Boolean);
  const [target, givenFolder, givenWorkingdir] = [values.target.trim(), values.folder.trim(), values.workingdir.trim()];
  const end = (reason: Reason, message: string): number => {
    terminal.log(`cache ${CACHE}: ${verb === 'fetch' ? 'miss' : 'not uploaded'} (${reason}) ${target}`);
    terminal.log(message);
    const report = reportWithout({ verb, caches: [], onError: 'continue' }, reason, { code: '', message });
    if (values['results-dir'] !== '') resultFiles(values['results-dir'])(report);
    return EXIT.ok;
  };
  if (verb === 'upload' && isTrue(values.fetched) && !isTrue(values.force))
    return end('unchanged', 'The cache was fetched, and FORCE_CACHE_UPLOAD is not true: nothing is uploaded.');
  const scheme = /^(s3|gs):\/\//.exec(target)?.[1];
  if (scheme !== undefined)
    return end('invalid-params', `${scheme}:// is not supported: use a registry, oci://REGISTRY/REPOSITORY:{{hash}}.`);
  if (givenFolder === '' || givenWorkingdir === '')
    return end('invalid-params', 'CACHE_PATH and WORKING_DIR have to be given.');
  // The step runs in the root of its own image, whatever a stepTemplate says.
  const relative = [givenFolder, givenWorkingdir].find((path) => !isAbsolute(path));
  if (relative !== undefined)
    return end(
      'invalid-params',
      `CACHE_PATH and WORKING_DIR have to be absolute, as $(workspaces.NAME.path) is: ${JSON.stringify(relative)} is not.`,
    );

  const [folder, workingdir] = [resolve(givenFolder), resolve(givenWorkingdir)];
  let hash: string;
  try {
    hash = keyOf(workingdir, patterns, terminal);
    if (verb === 'fetch') makeFolder(folder);
  } catch (caught) {
    const error = asCacheError(caught);
    return end(error.code === ERROR_CODES.NotFound ? 'no-files' : reasonOf(error), error.message);
  }
  return await transferCommand(verb).run(
    [
      `--target=${target.replace(/^oci:\/\//, '')}`,
      `--hash=${hash}`,
      `--workspace=${CACHE}=${folder}`,
      `--insecure=${isTrue(values.insecure)}`,
      `--docker-config=${values['docker-config']}`,
      ...(verb === 'upload' && isTrue(values.force) ? ['--force=true'] : []),
      ...(values['results-dir'] === '' ? [] : [`--results-dir=${values['results-dir']}`]),
    ],
    terminal,
  );
}

/** @throws CacheError `Unreadable`; `NotFound` where nothing matches */
function keyOf(workingdir: string, patterns: readonly string[], terminal: Terminal): string {
  const { hash, files, passedOver } = peerHash(workingdir, patterns);
  const firstOf = (paths: readonly string[]): string =>
    `${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ', ...' : ''}`;
  if (passedOver.length > 0)
    terminal.log(
      `Directories that cannot be read are passed over, as tekton-caches does it: what changes in them leaves the key as it is: ${firstOf(passedOver)}`,
    );
  if (hash === undefined)
    throw new CacheError(
      ERROR_CODES.NotFound,
      `No file below ${workingdir} matches ${patterns.join(' ')}: patterns such as "**/go.sum" do.`,
    );
  terminal.log(`The key is made of ${files.length} files: ${firstOf(files)}`);
  return hash;
}

/** Makes the folder as tekton-caches does: the steps that build may run as another user. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  try {
    makeDirectories(folder);
    chmodSync(folder, 0o777);
  } catch (error) {
    const why = messageOf(error);
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `CACHE_PATH ${folder} cannot be made: ${why}. Give a directory below a workspace or a volume that the user of the step may write.`,
      { cause: error },
    );
  }
}

/** A param has two spellings, each with a default of its own: one that says true is enough. */
function isTrue(texts: readonly string[] = []): boolean {
  return texts.includes('true');
}
