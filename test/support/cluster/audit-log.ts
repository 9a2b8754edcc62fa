import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

/** One request that the API server has answered. */
export interface AuditEvent {
  readonly verb: string;
  readonly user: string;
  /** Kind of object in the API's plural form, with its subresource: `pods`, `customruns/status`. */
  readonly resource: string;
  readonly namespace: string;
  /** Empty for a create whose name the server chose, and for requests about many objects. */
  readonly name: string;
  /** HTTP status. */
  readonly code: number;
  /** When the request arrived, in microseconds since the epoch. */
  readonly receivedAt: number;
}

export interface AuditLog {
  /** Everything that is logged, oldest first, what was rotated away included. */
  readonly read: () => Promise<readonly AuditEvent[]>;
}

interface RawEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

/** Microseconds of a timestamp such as `2026-01-02T03:04:05.678901Z`; `Date` alone would lose the last three digits. */
const microseconds = (timestamp: string): number => {
  const fraction = /\.(?<digits>\d+)Z$/.exec(timestamp)?.groups?.['digits'] ?? '';
  const seconds = Date.parse(timestamp.replace(/\.\d+Z$/, 'Z'));
  return seconds * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
};

const eventOf = (line: string): AuditEvent => {
  const { verb, user, objectRef, responseStatus, requestReceivedTimestamp }: RawEvent = JSON.parse(line);
  return {
    verb,
    user: user.username,
    resource: [objectRef?.resource, objectRef?.subresource].filter((part) => part !== undefined).join('/'),
    namespace: objectRef?.namespace ?? '',
    name: objectRef?.name ?? '',
    code: responseStatus?.code ?? 0,
    receivedAt: microseconds(requestReceivedTimestamp),
  };
};

/** The events of a log's text. A last line that is not complete yet is left for the next time. */
export const parseAuditLog = (text: string): readonly AuditEvent[] =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map(eventOf);

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Creates, updates, patches and deletes by a user, also refused ones; leases, which only say that somebody is alive, excluded. */
export const writesBy = (events: readonly AuditEvent[], user: string): readonly AuditEvent[] =>
  events.filter((event) => event.user === user && WRITES.has(event.verb) && event.resource !== 'leases');

export const openAuditLog = (file: string): AuditLog => ({
  read: async () => {
    const extension = extname(file);
    const stem = basename(file, extension);
    // Rotated files carry the time in their names: audit-2026-01-02T03-04-05.678.log
    const rotated = (await readdir(dirname(file)))
      .filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension))
      .sort();
    const texts: string[] = [];
    for (const name of [...rotated, basename(file)]) texts.push(await readFile(join(dirname(file), name), 'utf8'));
    return texts.flatMap(parseAuditLog);
  },
});
