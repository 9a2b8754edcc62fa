import { join, resolve } from 'node:path';
import { asCacheError, invalidParams } from '../../errors.ts';
import { findPresets } from '../../helper/hash/find-presets.ts';
import { readPresets } from '../../presets/choice.ts';
import { reasonFor } from '../../presets/detect.ts';
import type { Places } from '../../presets/environment.ts';
import { CACHES_BELOW_SOURCE } from '../../request/preset-caches.ts';
import { EXIT } from '../../request/protocol.ts';
import { requireDirectory } from '../arguments/directories.ts';
import { helpText, usageProblem } from '../arguments/help.ts';
import { HELP_OPTION, readOptions } from '../arguments/options.ts';
import type { OptionRow, Options } from '../arguments/options.ts';
import { environmentText, presetList, presetText } from './preset-text.ts';
import type { Subcommand } from '../arguments/subcommand.ts';

const NAME = 'PRESET';
const ROWS: readonly OptionRow[] = [
  {
    name: 'root',
    kind: 'value',
    value: 'DIR',
    meaning: 'directory of the caches, for the variables; $CACHES when absent',
  },
  {
    name: 'source',
    kind: 'value',
    value: 'DIR',
    meaning: 'the sources: what auto looks at; the current directory when absent',
  },
  HELP_OPTION,
];
const USAGE = `tekton-cache presets [${NAME} | auto] [--root DIR] [--source DIR]`;
const SUMMARY =
  'Lists the presets, or shows one: its key, its directories, the variables of the steps. auto shows what the sources ask for.';

/** `tekton-cache presets`, `tekton-cache presets go` and `tekton-cache presets auto`. */
export const PRESETS_COMMAND: Subcommand = {
  run: async (args, terminal) => {
    const options = readOptions(args, ROWS, NAME);
    if (options.flags.get('help') === true) {
      terminal.print(helpText(USAGE, SUMMARY, ROWS));
      return EXIT.ok;
    }
    try {
      terminal.print(await textOf(options));
      return EXIT.ok;
    } catch (caught) {
      terminal.log(usageProblem('presets', asCacheError(caught).message));
      return EXIT.usage;
    }
  },
};

async function textOf({ values, problems }: Options): Promise<string> {
  if (problems.length > 0) throw invalidParams(problems.join('\n'));
  const name = values.get(NAME);
  if (name === undefined) return presetList();
  const source = values.get('source');
  const places: Places = { root: values.get('root') ?? '$CACHES', source: source ?? '$SOURCE' };
  const choice = readPresets(name);
  if (choice.kind === 'named') return choice.presets.map((preset) => presetText(preset, places)).join('\n\n');
  return await autoText(resolve(source ?? '.'), places);
}

async function autoText(source: string, places: Places): Promise<string> {
  requireDirectory('The source', source);
  const found = await findPresets(source, join(source, CACHES_BELOW_SOURCE));
  if (found.length === 0) return 'None of the files belongs to a preset.';
  const presets = found.map(({ preset }) => preset);
  return [...found.map((one) => `${one.preset.name}: ${reasonFor(one)}`), '', environmentText(presets, places)].join(
    '\n',
  );
}
