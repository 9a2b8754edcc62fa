import type { KubeApi, KubeObject } from '../kube/kube-api.ts';

/** Every status that the objects of one kind and namespace had since the history began. */
export interface StatusHistory<S> {
  /** In order; a write that changed nothing is not among them. */
  readonly of: (name: string) => readonly S[];
  readonly stop: () => Promise<void>;
}

interface WatchEvent<S> {
  readonly type: string;
  readonly object: KubeObject & { readonly status?: S };
}

/** Follows by a watch, which shows each change, where polls miss some. */
export const followStatuses = async <S>(
  api: KubeApi,
  kind: { readonly apiVersion: string; readonly kind: string; readonly namespace: string },
): Promise<StatusHistory<S>> => {
  const path = await api.pathOf(kind);
  const list: { readonly metadata: { readonly resourceVersion: string } } = JSON.parse(
    (await api.request({ method: 'GET', path })).body,
  );
  const seen = new Map<string, S[]>();
  const onLine = (line: string): void => {
    const { object }: WatchEvent<S> = JSON.parse(line);
    const { status, metadata } = object;
    if (status === undefined) return;
    const statuses = seen.get(metadata.name) ?? [];
    seen.set(metadata.name, statuses);
    if (JSON.stringify(statuses.at(-1)) !== JSON.stringify(status)) statuses.push(status);
  };
  const end = new AbortController();
  const watch = `${path}?watch=1&resourceVersion=${list.metadata.resourceVersion}`;
  const ended = api.connection.stream(watch, onLine, end.signal);
  return {
    of: (name) => seen.get(name) ?? [],
    stop: async () => {
      end.abort();
      await ended;
    },
  };
};
