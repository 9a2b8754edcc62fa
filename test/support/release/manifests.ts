/** The manifests of an installation as single files that name the image by its digest. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const STEP_ACTIONS = ['cache-fetch', 'cache-upload'] as const;

/** Everything, with a registry for which nobody needs a secret. */
export const REGISTRY_OVERLAY = 'overlays/registry';

/** `release.yaml` with the token service, for a registry that is there already. */
export const TOKEN_SERVICE_OVERLAY = 'overlays/token-service';

/** The right to look at secrets of the type kubernetes.io/basic-auth, beside an installation. */
export const BASIC_AUTH = 'overlays/basic-auth';

/** The admission policy for the stamps of Pipelines-as-Code, beside an installation. */
export const STAMPS = 'overlays/stamps';

/** What Prometheus and Grafana need to watch an installation. */
export const MONITORING = 'monitoring';

/** The name that stands for the image in `manifests/`. */
const IMAGE_LINE = /^(\s+(?:- )?(?:image|value): )tekton-cache$/gm;

const withImage = (text: string, image: string): string => text.replace(IMAGE_LINE, (_, key: string) => key + image);

interface Kustomization {
  readonly resources: readonly string[];
  /** Whole objects, as ours are: each takes the place of the one that it is named after. */
  readonly patches?: readonly { readonly path: string }[];
}

/** The texts of single objects, with their comments. */
const objectsOf = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, 'utf8')).split(/^---$/m).map((text) => text.trim());

const identityOf = (text: string): string => {
  const { kind, metadata }: { kind: string; metadata: { name: string; namespace?: string } } = parse(text);
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
};

/** What `kubectl kustomize` makes of a folder, in the order of its files, and with the comments in them. */
const manifestOf = async (folder: string): Promise<readonly string[]> => {
  const { resources, patches = [] }: Kustomization = parse(await readFile(join(folder, 'kustomization.yaml'), 'utf8'));
  const parts = await Promise.all(
    resources.map((name) => (name.endsWith('.yaml') ? objectsOf(join(folder, name)) : manifestOf(join(folder, name)))),
  );
  const patched = (await Promise.all(patches.map(({ path }) => objectsOf(join(folder, path))))).flat();
  const replacements = new Map(patched.map((text) => [identityOf(text), text]));
  return parts.flat().map((text) => replacements.get(identityOf(text)) ?? text);
};

/** @param folder below `manifests`; `image` is a reference with a digest */
export const releaseManifest = async (repository: string, image: string, folder = 'base'): Promise<string> => {
  const text = (await manifestOf(join(repository, 'manifests', folder))).join('\n---\n') + '\n';
  const broken = parseAllDocuments(text).find(({ errors }) => errors.length > 0);
  if (broken !== undefined) throw new Error(`manifests/${folder}: ${broken.errors[0]?.message}`);
  return withImage(text, image);
};

export interface StepActionFile {
  readonly name: string;
  readonly text: string;
}

/** @param folder `stepactions`, or those with the params of tekton-caches */
export const releaseStepActions = async (
  repository: string,
  image: string,
  folder: 'stepactions' | 'tekton-caches' = 'stepactions',
): Promise<readonly StepActionFile[]> =>
  await Promise.all(
    STEP_ACTIONS.map(async (name) => {
      const text = await readFile(join(repository, 'manifests', folder, `${name}.yaml`), 'utf8');
      return { name, text: withImage(text, image) };
    }),
  );
