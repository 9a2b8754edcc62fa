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
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { reportWithout, resultFiles } from '../../helper/report/report.ts';
import type { Verb } from '../../interface/params.ts';
import type { Reason } from '../../interface/results/results.ts';
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
  const end = (reason: Reason, message: string): number => {
    terminal.log(`cache ${CACHE}: ${verb === 'fetch' ? 'miss' : 'not uploaded'} (${reason}) ${values.target}`);
    terminal.log(message);
    const report = reportWithout({ verb, caches: [], onError: 'continue' }, reason, { code: '', message });
    if (values['results-dir'] !== '') resultFiles(values['results-dir'])(report);
    return EXIT.ok;
  };
  if (verb === 'upload' && isTrue(values.fetched) && !isTrue(values.force))
    return end('unchanged', 'The cache was fetched, and FORCE_CACHE_UPLOAD is not true: nothing is uploaded.');
  const scheme = /^(s3|gs):\/\//.exec(values.target)?.[1];
  if (scheme !== undefined)
    return end('invalid-params', `${scheme}:// is not supported: use a registry, oci://REGISTRY/REPOSITORY:{{hash}}.`);
  if (values.folder === '' || values.workingdir === '')
    return end('invalid-params', 'CACHE_PATH and WORKING_DIR have to be given.');

  const workingdir = resolve(values.workingdir);
  const { hash, files } = peerHash(workingdir, positionals);
  if (hash === undefined)
    return end(
      'no-files',
      `No file below ${workingdir} matches ${positionals.join(' ')}: patterns such as "**/go.sum" do.`,
    );
  terminal.log(
    `The key is of ${files.length} files: ${files.slice(0, 5).join(', ')}${files.length > 5 ? ', ...' : ''}`,
  );
  const folder = resolve(values.folder);
  // tekton-caches makes the folder of a fetch.
  if (verb === 'fetch') mkdirSync(folder, { recursive: true });
  return await transferCommand(verb).run(
    [
      `--target=${values.target.replace(/^oci:\/\//, '')}`,
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

/** A param has two spellings, each with a default of its own: one that says true is enough. */
function isTrue(texts: readonly string[] = []): boolean {
  return texts.includes('true');
}
