/** A StepAction as Tekton's catalog wants it: `stepaction/NAME/VERSION/`, with labels and annotations that its tools read. */
import { parseDocument } from 'yaml';

import type { StepActionFile } from './manifests.ts';

/** Tekton Pipelines has StepActions in v1beta1 since this version. */
const MINIMUM_TEKTON = '1.0.0';

const TITLES: Readonly<Record<string, string>> = {
  'cache-fetch': 'Fetch a cache',
  'cache-upload': 'Upload a cache',
};

interface CatalogFile {
  /** Relative to the root of the catalog. */
  readonly path: string;
  readonly text: string;
}

/** @param version `MAJOR.MINOR.PATCH`; the folder has the first two */
export const catalogFiles = ({ name, text }: StepActionFile, version: string): readonly CatalogFile[] => {
  const document = parseDocument(text);
  document.setIn(['metadata', 'labels', 'app.kubernetes.io/version'], version);
  document.setIn(['metadata', 'annotations'], {
    'tekton.dev/pipelines.minVersion': MINIMUM_TEKTON,
    'tekton.dev/categories': 'Automation',
    'tekton.dev/tags': 'cache',
    'tekton.dev/displayName': TITLES[name] ?? name,
    'tekton.dev/platforms': 'linux/amd64,linux/arm64',
  });
  const folder = `stepaction/${name}/${version.split('.').slice(0, 2).join('.')}`;
  const description = String(document.getIn(['spec', 'description']));
  const readme = `# ${name}\n\n${description}\n\nParams and results are described in the StepAction itself. Version ${version}, for Tekton Pipelines ${MINIMUM_TEKTON} or later.\n`;
  return [
    { path: `${folder}/${name}.yaml`, text: document.toString({ lineWidth: 0 }) },
    { path: `${folder}/README.md`, text: readme },
  ];
};
