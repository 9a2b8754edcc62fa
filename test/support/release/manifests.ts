/** The manifests of an installation as single files that name the image by its digest. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const STEP_ACTIONS = ['cache-fetch', 'cache-upload'] as const;

/** The name that stands for the image in `manifests/`. */
const IMAGE_LINE = /^(\s+(?:- )?(?:image|value): )tekton-cache$/gm;

const withImage = (text: string, image: string): string => text.replace(IMAGE_LINE, (_, key: string) => key + image);

/** All of `manifests/kustomization.yaml`, in its order. `image` is a reference with a digest. */
export const releaseManifest = async (repository: string, image: string): Promise<string> => {
  const folder = join(repository, 'manifests');
  const { resources }: { readonly resources: readonly string[] } = parse(
    await readFile(join(folder, 'kustomization.yaml'), 'utf8'),
  );
  const texts = await Promise.all(resources.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.map((text) => withImage(text.trimEnd(), image)).join('\n---\n') + '\n';
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
