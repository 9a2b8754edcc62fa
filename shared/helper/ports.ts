import type { CacheRequest } from '../request/protocol.ts';
import { parseTarget } from '../store/reference.ts';
import { LONGEST_COLLECTION_MS } from '../interface/withheld.ts';
import type { CollectionWait } from '../store/auth/collection-wait.ts';
import type { ConnectionLimit } from '../store/http/connection/connection-limit.ts';
import type { ContactDeadline } from '../store/registry/client/contact-deadline.ts';
import type { Ports } from './run-request.ts';
import type { TextLog } from './report/text-log.ts';

/** How long to wait for the first answer of a registry where an error fails the run, in milliseconds. To wait is better there than to fail soon. */
const STRICT_CONTACT_MS = 60_000;

/** The real stores and entries, loaded when the first cache needs them. */
export function realPorts(request: CacheRequest, log: TextLog): Ports {
  const { verb, dockerConfigs, basicAuths = [], onError, registryToken } = request;
  const contacts = new Map<string, ContactDeadline>();
  let connections: ConnectionLimit | undefined;
  let collectionWait: CollectionWait | undefined;
  return {
    log,
    entries: {
      fetch: async (entry) => (await import('../entry/fetch/fetch-entry.ts')).fetchEntry(entry),
      join: async (entry) => (await import('../entry/join/join-entries.ts')).joinEntries(entry),
      upload: async (entry) => (await import('../entry/upload/upload-entry.ts')).uploadEntry(entry),
    },
    askScope: async (token, signal) => await (await import('../store/ask-scope.ts')).askScope(token, { signal }),
    openStore: async (target, maxTime) => {
      const { openStore } = await import('../store/open-store.ts');
      connections ??= new (await import('../store/http/connection/connection-limit.ts')).ConnectionLimit();
      if (verb === 'upload' && onError === 'fail') {
        collectionWait ??= new (await import('../store/auth/collection-wait.ts')).CollectionWait({
          longestMs: LONGEST_COLLECTION_MS,
          tell: (text) => log.line(text),
          ...(request.countsWorkAlone === true && maxTime !== undefined ? { workTime: maxTime } : {}),
        });
      }
      return openStore(target, {
        dockerConfigs,
        basicAuths,
        contacts,
        connections,
        ...(registryToken === undefined ? {} : { registryToken }),
        ...(onError === 'fail' ? { contactMs: STRICT_CONTACT_MS } : {}),
        ...(collectionWait === undefined ? {} : { collectionWait }),
        insecure: isInsecure(request, target),
        warn: (text) => log.line(text),
      });
    },
  };
}

/** What was asked for, where it is allowed. */
function isInsecure({ insecure, insecureRegistries }: CacheRequest, text: string): boolean {
  const target = parseTarget(text);
  if (!insecure || target.kind !== 'registry') return false;
  return insecureRegistries?.includes(target.registry) ?? true;
}
