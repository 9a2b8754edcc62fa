import type { Repository } from './answer.ts';
import type { FileStore } from './file-store.ts';

const PATH = /^[\w.~!@+/-]+$/;
const IMMUTABLE = /\/@v\/[^/]+\.(?:info|mod|zip)$/;
const LIST_AGE = 600_000;

/** Whether a path of the module proxy protocol (https://go.dev/ref/mod#goproxy-protocol) is one that a mirror may pass on. */
export const isGoPath = (path: string): boolean =>
  PATH.test(path) && !path.split('/').some((part) => /^\.*$/.test(part));

interface GoOptions {
  /** URL of the module proxy that the machine itself uses. */
  readonly upstream: string;
  readonly store: FileStore;
}

/** A Go module proxy, the checksum database behind it included: what the upstream has, downloaded once. */
export const goRepository = ({ upstream, store }: GoOptions): Repository => ({
  name: 'go',
  answer: async (path) => {
    if (!isGoPath(path)) return undefined;
    const content = await store.read({
      // A directory and a file may have the same name: a/@v/list, a/@v. None of them ends in a suffix of ours.
      path: `go/${path}.file`,
      url: new URL(path, upstream.endsWith('/') ? upstream : `${upstream}/`),
      ...(IMMUTABLE.test(path) ? {} : { maxAge: LIST_AGE }),
    });
    return { content, contentType: 'application/octet-stream', isPackage: path.endsWith('.zip') };
  },
});
