/** Reads the termination message of a helper. Anybody who may write pods may forge one, so each field of it is checked. */
import { parseJson } from '../../../shared/interface/text/parse-json.ts';
import type { Verb } from '../../../shared/interface/params.ts';
import { RESULTS } from '../../../shared/interface/results/results.ts';
import type { ResultRow, Results } from '../../../shared/interface/results/results.ts';
import type { CacheReport } from '../../../shared/request/protocol.ts';

/** What a report is about. */
export interface ReportSubject {
  /** Absent for a kind that we do not have. */
  readonly verb?: Verb;
  readonly caches: readonly string[];
}

type ReportReading =
  | { readonly report: CacheReport }
  /** The message is no report. `problem` says what is wrong with it; it is absent where the message is other text. */
  | { readonly problem?: string };

/** The kubelet keeps no more than this for all containers of a pod together. */
const MESSAGE_LENGTH = 12_288;
/** The longest image reference is shorter, and so is each message of ours. */
const TEXT_LENGTH = 2048;

/** Reads a report with every result of its subject: one that is absent has its initial value, an unknown one is dropped. */
export function readReport(text: string, subject: ReportSubject): ReportReading {
  const value = text.length > MESSAGE_LENGTH ? undefined : parseJson(text);
  if (!isObject(value) || value['version'] !== 1) return {};
  const { results, message, failure } = value;
  if (!isObject(results)) return { problem: '`results` is no object' };
  if (!isText(message)) return { problem: '`message` is no text' };
  if (failure !== undefined && !isFailure(failure)) return { problem: '`failure` is no code with a message' };
  const taken: Results = {};
  for (const { name, row } of rowsOf(subject)) {
    const result = results[name] ?? row.initial;
    if (!isText(result) || !FITS[row.join](result)) return { problem: `its result \`${name}\` is of another kind` };
    taken[name] = result;
  }
  return { report: { version: 1, results: taken, message, ...(failure === undefined ? {} : { failure }) } };
}

/** Results are told apart by how those of several caches are joined; `reason` and references are any text. */
const FITS: Readonly<Record<ResultRow['join'], (value: string) => boolean>> = {
  and: (value) => value === 'true' || value === 'false',
  worst: (value) => ['exact', 'fallback', 'miss'].includes(value),
  // Up to a petabyte, so that sums of such numbers stay exact.
  sum: (value) => /^\d{1,15}$/.test(value),
  common: () => true,
  'of-worst': () => true,
};

function rowsOf({ verb, caches }: ReportSubject): readonly { readonly name: string; readonly row: ResultRow }[] {
  const rows: readonly ResultRow[] = verb === undefined ? [] : RESULTS.filter(({ verbs }) => includes(verbs, verb));
  return rows.flatMap((row) => [
    { name: row.name, row },
    ...(row.perCache ? caches.map((cache) => ({ name: `${cache}-${row.name}`, row })) : []),
  ]);
}

const includes = (verbs: readonly Verb[], verb: Verb): boolean => verbs.includes(verb);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= TEXT_LENGTH;
}

/** The code becomes the reason of a condition: https://github.com/knative/specs (CamelCase, for machines). */
function isFailure(value: unknown): value is { readonly code: string; readonly message: string } {
  return isObject(value) && isText(value['message']) && /^[A-Z][A-Za-z]{0,63}$/.test(String(value['code']));
}
