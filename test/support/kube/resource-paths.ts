import type { ObjectKind } from './object.ts';

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

interface ResourceList {
  readonly resources: readonly Resource[];
}

const groupPath = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

/** Where the API server serves objects of a kind; it says so itself, once for every group. */
export class ResourcePaths {
  readonly #read: (path: string) => Promise<ResourceList>;
  readonly #groups = new Map<string, Promise<readonly Resource[]>>();

  constructor(read: (path: string) => Promise<ResourceList>) {
    this.#read = read;
  }

  /** Path of a collection, or of one object in it. Throws for a kind that is not served. */
  async of({ apiVersion, kind, namespace }: ObjectKind, name?: string): Promise<string> {
    const resource = await this.#find(apiVersion, kind);
    const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
    return `${groupPath(apiVersion)}${scope}/${resource.name}${name === undefined ? '' : `/${name}`}`;
  }

  async #find(apiVersion: string, kind: string): Promise<Resource> {
    const known = this.#groups.get(apiVersion);
    const asked = known ?? this.#discover(apiVersion);
    this.#groups.set(apiVersion, asked);
    const found = (await asked.catch(() => [])).find((resource) => resource.kind === kind);
    if (found) return found;
    // A CRD may have been applied since.
    this.#groups.delete(apiVersion);
    if (known) return this.#find(apiVersion, kind);
    throw new Error(`the API server does not serve ${apiVersion} ${kind}`);
  }

  async #discover(apiVersion: string): Promise<readonly Resource[]> {
    const { resources } = await this.#read(groupPath(apiVersion));
    return resources.filter(({ name }) => !name.includes('/'));
  }
}
