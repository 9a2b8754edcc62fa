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
        makes: ['plugins'],
      },
    ],
    traps: [
      'The directory has to exist, or `init` fails: a fetch makes it. Without one, `mkdir -p "$TF_PLUGIN_CACHE_DIR"` before it.',
      'Only providers whose checksum is in the lock file are taken from it.',
      'Old providers are never deleted.',
    ],
    sources: [
      'opentofu website/docs/cli/config/config-file.mdx',
      'opentofu website/docs/cli/config/environment-variables.mdx',
    ],
    provedBy: 'test/presets/indexed-projects.ts',
  },
  {
    name: 'helm',
    title: 'Helm',
    family: 'other',
    marks: [{ files: ['Chart.lock'], sure: true }],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cache/helm/content',
        // Not HELM_CACHE_HOME: an image may have the indices of its repositories there.
        env: [
          {
            name: 'HELM_CONTENT_CACHE',
            value: '{{cache}}/content',
            source: 'helm/helm pkg/cli/environment.go, pkg/downloader/cache.go (4)',
          },
        ],
        files: ['**/Chart.lock'],
        native: false,
        exclude: [],
      },
    ],
    traps: [
      'Before Helm 4 there is no such cache, and the directory stays `empty`.',
      'Helm 4 keeps there what `install`, `upgrade` and `template` have downloaded. `dependency build` takes charts from it, and puts none there.',
      'The indices of repositories age, so that they are not in it.',
    ],
    sources: ['helm/helm pkg/downloader/chart_downloader.go (4)'],
    provedBy: 'test/presets/indexed-projects.ts',
  },
];
