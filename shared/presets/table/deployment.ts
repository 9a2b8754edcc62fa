import type { Preset } from '../preset.ts';

export const DEPLOYMENT: readonly Preset[] = [
  {
    name: 'terraform',
    title: 'Terraform and OpenTofu',
    family: 'other',
    marks: [{ files: ['.terraform.lock.hcl'], sure: true }],
    caches: [
      {
        kind: 'downloads',
        usually: 'none',
        env: [
          {
            name: 'TF_PLUGIN_CACHE_DIR',
            value: '{{cache}}/plugins',
            source: 'opentofu website/docs/cli/config/config-file.mdx',
          },
        ],
        files: ['**/.terraform.lock.hcl', '!**/.terraform'],
        native: false,
        exclude: [],
      },
    ],
    traps: [
      'The directory has to exist, or `init` fails: `mkdir -p "$TF_PLUGIN_CACHE_DIR"` before it.',
      'Only providers whose checksum is in the lock file are taken from it.',
      'Old providers are never deleted.',
    ],
    sources: [
      'opentofu website/docs/cli/config/config-file.mdx',
      'opentofu website/docs/cli/config/environment-variables.mdx',
    ],
  },
  {
    name: 'helm',
    title: 'Helm',
    family: 'other',
    marks: [{ files: ['Chart.lock'], sure: true }],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cache/helm',
        env: [{ name: 'HELM_CACHE_HOME', value: '{{cache}}/helm', source: 'helm.sh/docs/helm/helm' }],
        files: ['**/Chart.lock'],
        native: false,
        exclude: ['helm/repository/*-index.yaml', 'helm/repository/*-charts.txt'],
      },
    ],
    traps: [
      'The indices of repositories age, so that they are left out.',
      'Whether `helm dependency build` takes a chart from here depends on the version of Helm.',
    ],
    sources: ['helm.sh/docs/helm/helm'],
  },
];
