import { join, resolve } from 'node:path';
import { asCacheError, ERROR_CODES, invalidParams } from '../../errors.ts';
import { findHash } from '../../helper/hash/find-hash.ts';
import { findPresets } from '../../helper/hash/find-presets.ts';
import { readPresets } from '../../presets/choice.ts';
import { reasonFor } from '../../presets/detect.ts';
import { CACHES_BELOW_SOURCE } from '../../request/preset-caches.ts';
import { knownParams, readParams } from '../../request/read-params.ts';
import type { ParamValues } from '../../request/read-params.ts';
import { EXIT } from '../../request/protocol.ts';
import { requireDirectory } from '../arguments/directories.ts';
import { helpText, usageProblem } from '../arguments/help.ts';
import { ITEM_OPTION, readLists } from '../arguments/list-items.ts';
import { HELP_OPTION, optionOf, readOptions } from '../arguments/options.ts';
import type { OptionRow, Options } from '../arguments/options.ts';
import type { Subcommand, Terminal } from '../arguments/subcommand.ts';

const NAMES = ['preset', 'files', 'on-miss', 'on-error'];
const PARAMS = knownParams(['fetch'], 'cli').filter(({ name }) => NAMES.includes(name));
const ROWS: readonly OptionRow[] = [
  {
    name: 'source',
    kind: 'value',
    value: 'DIR',
    meaning: 'directory with the files to hash; the current one when absent',
  },
  ...PARAMS.map(optionOf),
  ITEM_OPTION,
  { name: 'json', kind: 'flag', meaning: 'print {"hash", "reason"} instead of the hash alone' },
  HELP_OPTION,
];

/** `tekton-cache hash`: what `{{hash}}` stands for, on standard output. */
export const HASH_COMMAND: Subcommand = {
  run: async (args, terminal) => {
    const options = readOptions(args, ROWS);
    if (options.flags.get('help') === true) {
      const summary = 'Prints the hash of files, what {{hash}} stands for; nothing when no file matches.';
      terminal.print(helpText('tekton-cache hash (--files GLOB ... | --preset PRESET) [--source DIR]', summary, ROWS));
      return EXIT.ok;
    }
    let params: HashParams;
    try {
      params = await readHashParams(options, terminal);
    } catch (caught) {
      terminal.log(usageProblem('hash', asCacheError(caught).message));
      return EXIT.usage;
    }
    const outcome = await findHash(params);
    const hash = outcome?.hash ?? '';
    const reason = outcome?.hash === undefined ? (outcome?.reason ?? '') : '';
    if (options.flags.get('json') === true) terminal.print(JSON.stringify({ hash, reason }));
    else if (hash !== '') terminal.print(hash);
    if (outcome?.hash !== undefined) {
      outcome.lines.forEach((line) => terminal.log(line));
      return EXIT.ok;
    }
    terminal.log(outcome?.sentence ?? '');
    const failure = outcome?.error;
    if (failure?.code === ERROR_CODES.InvalidParams) return EXIT.usage;
    return params.values[failure === undefined ? 'on-miss' : 'on-error'] === 'fail' ? EXIT.failed : EXIT.ok;
  },
};

interface HashParams {
  readonly source: string;
  readonly files: readonly string[];
  readonly values: ParamValues;
  readonly ofPreset: boolean;
}

async function readHashParams(options: Options, terminal: Terminal): Promise<HashParams> {
  const { values, problems } = options;
  if (problems.length > 0) throw invalidParams(problems.join('\n'));
  const source = resolve(values.get('source') ?? '.');
  requireDirectory('The source', source);
  const lists = readLists(options, PARAMS);
  const params = Object.fromEntries(NAMES.map((name) => [name, values.get(name) ?? lists.get(name)]));
  const read = readParams({ verbs: ['fetch'], surface: 'cli', params });
  const files = read.files ?? (read.preset === undefined ? [] : await filesOf(read.preset, source, terminal));
  if (files.length === 0) throw invalidParams('--files is required: globs of the files to hash.');
  return { source, files, values: read, ofPreset: read.files === undefined };
}

/** Those that name the downloads of one preset. */
async function filesOf(text: string, source: string, terminal: Terminal): Promise<readonly string[]> {
  const choice = readPresets(text);
  const found = choice.kind === 'auto' ? await findPresets(source, join(source, CACHES_BELOW_SOURCE)) : [];
  found.forEach((one) => terminal.log(`preset ${one.preset.name}, because of ${reasonFor(one)}`));
  const [preset, ...others] = choice.kind === 'auto' ? found.map((one) => one.preset) : choice.presets;
  if (preset === undefined) throw invalidParams('--preset auto: none of the files in the source belongs to a preset.');
  const { files } = preset.caches[0];
  if (others.length === 0 && files.length === 0) {
    throw invalidParams(`--preset: ${preset.name} has no files to hash; its cache is named by branch.`);
  }
  if (others.length === 0) return [...files, `!${CACHES_BELOW_SOURCE}`];
  const names = [preset, ...others].map(({ name }) => name);
  throw invalidParams(`--preset: each of ${names.join(', ')} has a hash of its own; ask for one.`);
}
