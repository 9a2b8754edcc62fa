import { invalidParams } from '../../errors.ts';
import { readSummary, STORAGE_STATE, SUMMARY_KEY } from '../../interface/storage-summary.ts';
import type { StorageSummary, UnreadSummary } from '../../interface/storage-summary.ts';
import { isObject } from '../../rewrite/json/json.ts';
import type { JsonObject } from '../../rewrite/json/json.ts';
import { HELP_OPTION } from '../arguments/options.ts';
import type { OptionRow } from '../arguments/options.ts';
import type { Subcommand } from '../arguments/subcommand.ts';
import { documentCommand, fileOf, lacksFile } from './document-command.ts';
import { configMapIn, readDocuments } from './documents.ts';
import { textTable } from './text-table.ts';

const ROWS: readonly OptionRow[] = [
  {
    name: 'file',
    short: 'f',
    kind: 'value',
    value: 'FILE',
    meaning: 'the ConfigMap tekton-cache-storage, as YAML or JSON; - is standard input',
  },
  { name: 'json', kind: 'flag', meaning: 'print it as JSON' },
  HELP_OPTION,
];
const USAGE = 'kubectl get configmap -n tekton-cache tekton-cache-storage -o yaml | tekton-cache storage -f -';
const SUMMARY = 'Lists what the registry of the installation holds, by namespace.';
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `tekton-cache storage`. */
export const STORAGE_COMMAND: Subcommand = documentCommand({
  name: 'storage',
  rows: ROWS,
  usage: USAGE,
  summary: SUMMARY,
  check: lacksFile,
  answer: async (options) => {
    const summary = summaryIn(await readDocuments(fileOf(options)));
    return options.flags.get('json') === true ? JSON.stringify(summary, undefined, 2) : tableOf(summary);
  },
});

function summaryIn(documents: readonly JsonObject[]): StorageSummary {
  const data = configMapIn(documents, STORAGE_STATE)?.['data'];
  const text = isObject(data) ? data[SUMMARY_KEY] : undefined;
  if (typeof text !== 'string') {
    const message = `The file holds no ConfigMap ${STORAGE_STATE} with the item ${SUMMARY_KEY}. The housekeeper writes it when it has looked: ask again in a minute, or see its log.`;
    throw invalidParams(message);
  }
  return readSummary(text);
}

function tableOf({ at, entries, bytes, namespaces, unread }: StorageSummary): string {
  const table = textTable([
    ['NAMESPACE', 'ENTRIES', 'SIZE', 'LAST USE'],
    ...namespaces.map((one) => [one.namespace, String(one.entries), sizeOf(one.bytes), one.lastUse]),
  ]);
  // What namespaces share counts once in all, and in each of them.
  return `${entries} entries with ${sizeOf(bytes)} in all, at ${at}\n${unread === undefined ? '' : unreadText(unread)}\n${table}`;
}

function unreadText({ tags, repositories }: UnreadSummary): string {
  const what = `${tags} ${tags === 1 ? 'tag' : 'tags'} cannot be read by the registry, in ${repositories.join(', ')}`;
  return `${what}: nothing goes there for want of a tag. The log of the housekeeper says why.\n`;
}

function sizeOf(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** unit).toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}
