import type { Preset } from '../preset.ts';

export const PYTHON: readonly Preset[] = [
  {
    name: 'uv',
    title: 'uv',
    family: 'python',
    marks: [{ files: ['uv.lock'], sure: true }],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cache/uv',
        env: [
          { name: 'UV_CACHE_DIR', value: '{{cache}}/uv', source: 'docs.astral.sh/uv/concepts/cache' },
          {
            name: 'UV_LINK_MODE',
            value: 'copy',
            source: 'docs.astral.sh/uv/concepts/cache (a cache on another volume than the venv)',
          },
        ],
        files: [
          '**/uv.lock',
          '**/*requirements*.txt',
          '**/requirements/**/*.txt',
          '**/pylock*.toml',
          '**/pyproject.toml',
          '**/.python-version',
          '!**/.venv',
        ],
        native: true,
        exclude: ['uv/.lock'],
        trim: 'uv cache prune',
      },
    ],
    traps: [
      '`uv cache prune --ci` keeps only wheels that were built here: all others are downloaded again, which is often faster than to restore them.',
      'Never remove single files of the cache by hand.',
      'Path dependencies are cached by their times.',
      'uv keeps the headers of a request that the answer names in `Vary`: an index of your own that says `Vary: Authorization` puts the password into the cache.',
      'A project with `requirements.txt` or `pylock.toml` alone is found as `pip`: where it is `uv pip` that installs, name the preset.',
    ],
    sources: ['docs.astral.sh/uv/concepts/cache'],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'poetry',
    title: 'Poetry',
    family: 'python',
    marks: [{ files: ['poetry.lock'], sure: true }],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cache/pypoetry',
        env: [{ name: 'POETRY_CACHE_DIR', value: '{{cache}}/poetry', source: 'python-poetry docs/configuration.md' }],
        files: ['**/poetry.lock', '!**/.venv'],
        native: true,
        exclude: ['poetry/virtualenvs'],
      },
    ],
    traps: [
      'Poetry puts its virtual environments below the same directory; they are left out, as they have the path of their interpreter in them.',
      'Poetry keeps the headers of a request that the answer names in `Vary`: an index of your own that says `Vary: Authorization` puts the password into the cache.',
    ],
    sources: ['python-poetry docs/configuration.md', 'actions/setup-python src/cache-distributions/poetry-cache.ts'],
    provedBy: 'test/presets/indexed-projects.ts',
  },
  {
    name: 'pip',
    title: 'pip',
    family: 'python',
    marks: [
      // The two forms of the name: https://packaging.python.org/en/latest/specifications/pylock-toml/#file-name
      { files: ['pylock.toml'], sure: true },
      { files: ['pylock.*.toml'], sure: true },
      { files: ['requirements*.txt'], sure: false },
      { files: ['*[-_]requirements.txt'], sure: false },
      { files: ['*.txt'], within: 'requirements', sure: false },
      { files: ['pyproject.toml'], sure: false },
      { files: ['setup.py'], sure: false },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cache/pip',
        env: [{ name: 'PIP_CACHE_DIR', value: '{{cache}}/pip', source: 'pypa/pip docs/html/topics/caching.md' }],
        files: [
          '**/*requirements*.txt',
          '**/requirements/**/*.txt',
          '**/*constraints*.txt',
          '**/pylock*.toml',
          '**/pyproject.toml',
          '**/setup.{py,cfg}',
          '!**/.venv',
        ],
        native: true,
        exclude: ['pip/selfcheck'],
      },
    ],
    traps: [
      'PIP_NO_CACHE_DIR, which many images set, turns it off: with `0` and `false` as well, and only the empty value does not.',
      'It is a cache of HTTP: the index is still asked, and requirements without a version still move. Of plain HTTP pip keeps only what a `--trusted-host` sends.',
      'pip ignores a cache that belongs to another user: the fetch has to run as the user of the step.',
      'pip keeps the headers of a request that the answer names in `Vary`: an index of your own that says `Vary: Authorization` puts the password into the cache.',
      'A wheel that was built from sources is used again, also where it could be built better by now.',
    ],
    sources: ['pypa/pip docs/html/topics/caching.md', 'actions/setup-python src/cache-distributions/pip-cache.ts'],
    provedBy: 'test/presets/indexed-projects.ts',
  },
];
