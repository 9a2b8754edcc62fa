import { expect } from 'chai';
import { CacheError } from '../../../shared/errors.ts';
import { readPresetChoice, readPresets } from '../../../shared/presets/choice.ts';
import { parseRequest } from '../../../shared/request/request.ts';
import type { RequestInput } from '../../../shared/request/request.ts';
import type { CacheRequest } from '../../../shared/request/protocol.ts';

const INPUT: RequestInput = {
  verb: 'fetch',
  surface: 'customrun',
  params: { target: 'registry.example/app' },
  source: '/workspace/source',
  caches: [{ name: 'caches', dir: '/workspace/caches' }],
  variables: { namespace: 'builds' },
  dockerConfigs: [],
};

function parse(params: Record<string, unknown>, input: Partial<RequestInput> = {}): CacheRequest {
  return parseRequest({ ...INPUT, ...input, params: { ...INPUT.params, ...params } });
}

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof CacheError && error.code === 'InvalidParams') return error.message;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('the param preset', () => {
  const names = (text: string) => {
    const choice = readPresetChoice(text);
    if (choice.kind === 'auto') return 'auto';
    if (choice.kind === 'named') return choice.presets.map(({ name }) => name).join();
    const tasks = [...choice.tasks].map(
      ([task, of]) => `${task}: ${of.kind === 'auto' ? 'auto' : of.presets.map(({ name }) => name).join()}`,
    );
    return tasks.join('; ');
  };

  it('is auto, a name, a list, or presets by task', () => {
    expect(names('auto')).to.equal('auto');
    expect(names('go')).to.equal('go');
    expect(names('go, npm\nplaywright,go')).to.equal('go,npm,playwright');
    expect(names('build=go,ui=npm,ui=playwright,lint=auto')).to.equal('build: go; ui: npm,playwright; lint: auto');
  });

  it('refuses what it does not know, with the nearest name', () => {
    expect(refusal(() => names('goo'))).to.equal('`preset`: there is no "goo"; did you mean `go`?');
    expect(refusal(() => names('build=mavn'))).to.include('did you mean `maven`?');
    expect(refusal(() => names('go,auto'))).to.include('stands alone');
    expect(refusal(() => names('go,ui=npm'))).to.include('TASK=PRESET');
    expect(refusal(() => names('ui='))).to.include('TASK=PRESET');
    expect(refusal(() => readPresets('build=go'))).to.include('only resolvers know');
  });
});

describe('a request with a preset', () => {
  it('has a cache for what the tool downloads and one for what it builds', () => {
    const { caches } = parse({ preset: 'go', branch: 'feature/x' });
    expect(caches).to.deep.equal([
      {
        name: 'go-downloads',
        dir: '/workspace/caches/go-downloads',
        paths: [],
        mayBeMissing: true,
        target: 'registry.example/app:go-downloads-{{os}}-{{arch}}-{{hash}}',
        files: ['**/go.sum', '**/go.mod', '**/go.work{,.sum}', '!**/vendor', '!**/testdata'],
        exclude: ['mod/cache/lock', 'mod/cache/download/**/*.lock'],
        fallbacks: ['registry.example/app:go-downloads-{{os}}-{{arch}}-latest'],
        aliases: ['go-downloads-{{os}}-{{arch}}-latest'],
      },
      {
        name: 'go-build',
        dir: '/workspace/caches/go-build',
        paths: [],
        mayBeMissing: true,
        target: 'registry.example/app:go-build-{{os}}-{{arch}}-{{branch}}',
        files: ['**/go.sum', '**/go.mod', '**/go.work{,.sum}', '!**/vendor', '!**/testdata'],
        exclude: ['build/fuzz'],
        eviction: { files: ['build/??/*-[ad]'], unit: 'file', usedBy: 'mtime', markedEveryMs: 3_600_000 },
        maxSize: 2 ** 31,
        fallbacks: ['registry.example/app:go-build-{{os}}-{{arch}}-{{default-branch}}'],
        aliases: [],
      },
    ]);
  });

  it('has a limit for build state whose tool copes with it, which the user may set, and for nothing else', () => {
    const sizes = (params: object) => parse({ ...params }, { verb: 'upload' }).caches.map(({ maxSize }) => maxSize);
    expect(sizes({ preset: 'go,cargo' })).to.deep.equal([undefined, 2 ** 31, undefined, undefined]);
    expect(sizes({ preset: 'go', 'max-size': '500Mi' })).to.deep.equal([undefined, 500 * 2 ** 20]);
    expect(sizes({ preset: 'cargo,npm', 'max-size': '500Mi' })).to.deep.equal([undefined, 500 * 2 ** 20, undefined]);
    expect(parse({ preset: 'go', 'max-size': '500Mi' }, { verb: 'upload' }).maxSize).to.equal(500 * 2 ** 20);
    expect(refusal(() => parse({ preset: 'go', 'max-size': 'much' }, { verb: 'upload' }))).to.include('such as 20Gi');
  });

  it('lets the workspace, the paths and the files of the user win in every place where params are', () => {
    const params = { preset: 'npm', paths: 'ui/modules', files: 'ui/package-lock.json' };
    const workspaces = { caches: [{ name: 'modules', dir: '/workspace/modules' }] };
    for (const surface of ['customrun', 'step', 'cli', 'resolver'] as const) {
      const { caches, paths } = parse(params, { surface, ...workspaces });
      expect(paths, surface).to.deep.equal(['ui/modules']);
      expect(caches, surface).to.deep.equal([
        {
          name: 'modules',
          dir: '/workspace/modules',
          target: 'registry.example/app:npm-{{workspace}}-{{os}}-{{arch}}-{{hash}}',
          files: ['ui/package-lock.json'],
          fallbacks: ['registry.example/app:npm-{{workspace}}-{{os}}-{{arch}}-latest'],
          aliases: ['npm-{{workspace}}-{{os}}-{{arch}}-latest'],
        },
      ]);
    }
  });

  it('lets what the user writes win, field by field', () => {
    const given = {
      files: ['go.sum'],
      exclude: ['x'],
      fallbacks: ['registry.example/app:{{workspace}}-old'],
      target: 'registry.example/app:{{workspace}}-{{hash}}',
    };
    for (const [name, value] of Object.entries(given)) {
      const [cache] = parse({ preset: 'go', [name]: value }).caches;
      const [plain] = parse({ preset: 'go' }).caches;
      expect(cache, name).to.deep.include({ [name]: value });
      if (name !== 'target')
        expect({ ...cache, [name]: undefined }, name).to.deep.equal({ ...plain, [name]: undefined });
    }
    const [upload] = parse({ preset: 'npm', aliases: 'newest' }, { verb: 'upload' }).caches;
    expect(upload?.aliases).to.deep.equal(['newest']);
  });

  it('has neither alias nor fallback beside a tag that the user chose', () => {
    const [cache] = parse({ preset: 'npm', target: 'registry.example/app:{{hash}}' }).caches;
    expect(cache).to.deep.include({ target: 'registry.example/app:{{hash}}', fallbacks: [], aliases: [] });
  });

  it('takes the repository of the configured target, whose tag would be one for two caches', () => {
    const defaults = { target: 'registry.example/{{namespace}}:{{hash}}' };
    const { caches } = parse({ preset: 'go', target: '' }, { defaults, verb: 'upload' });
    expect(caches.map(({ target }) => target)).to.deep.equal([
      'registry.example/{{namespace}}:go-downloads-{{os}}-{{arch}}-{{hash}}',
      'registry.example/{{namespace}}:go-build-{{os}}-{{arch}}-{{branch}}',
    ]);
  });

  it('has the image in the key of native code only, and only where it is known', () => {
    const digest = `registry.example/golang@sha256:${'ab'.repeat(32)}`;
    const { caches, variables } = parse({ preset: 'go', image: digest });
    expect(variables['image']).to.equal('abababababab');
    expect(caches[0]?.target).not.to.include('image');
    expect(caches[1]?.target).to.equal('registry.example/app:go-build-{{os}}-{{arch}}-{{image}}-{{branch}}');
    const byTag = parse({ preset: 'go', image: 'golang:1.26' }).variables['image'];
    expect(byTag).to.match(/^[0-9a-f]{12}$/);
    expect(parse({ preset: 'go', image: 'golang:1.27' }).variables['image']).not.to.equal(byTag);
  });

  it('names build state by the default branch where no branch is given', () => {
    expect(parse({ preset: 'go' }).variables).to.deep.include({ branch: 'main', 'default-branch': 'main' });
    const variables = { branch: 'x', 'default-branch': 'trunk' };
    expect(parse({ preset: 'go', ...variables }).variables).to.deep.include(variables);
    expect(parse({ preset: 'go', 'default-branch': 'trunk' }).variables['branch']).to.equal('trunk');
    const target = 'registry.example/app:{{branch}}';
    expect(refusal(() => parse({ target }))).to.include('{{branch}} needs the param `branch`');
    expect(parse({ target, branch: 'x' }).variables['branch']).to.equal('x');
  });

  it('keeps the caches in the sources when they are the only workspace, and hashes nothing in there', () => {
    const [cache] = parse({ preset: 'npm' }, { caches: [] }).caches;
    expect(cache).to.deep.include({
      dir: '/workspace/source/.caches/npm-downloads',
      files: ['**/package-lock.json', '**/npm-shrinkwrap.json', '!**/node_modules', '!.caches'],
    });
  });

  it('gives its key to the paths of the user', () => {
    const { caches, paths } = parse({ preset: 'npm', paths: 'ui/modules' }, { caches: [] });
    expect(paths).to.deep.equal(['ui/modules']);
    expect(caches).to.deep.equal([
      {
        name: 'source',
        dir: '/workspace/source',
        target: 'registry.example/app:npm-{{workspace}}-{{os}}-{{arch}}-{{hash}}',
        files: ['**/package-lock.json', '**/npm-shrinkwrap.json', '!**/node_modules'],
        fallbacks: ['registry.example/app:npm-{{workspace}}-{{os}}-{{arch}}-latest'],
        aliases: ['npm-{{workspace}}-{{os}}-{{arch}}-latest'],
      },
    ]);
    expect(refusal(() => parse({ preset: 'go,npm', paths: 'x' }))).to.include('one preset');
    expect(refusal(() => parse({ preset: 'auto', paths: 'x' }))).to.include('one preset');
  });

  it('leaves auto to the helper, which sees the sources', () => {
    const request = parse({ preset: 'auto' });
    expect(request.caches).to.deep.equal([]);
    expect(request.auto).to.deep.equal({ dir: '/workspace/caches' });
    expect(parse({ preset: 'auto' }, { caches: [] }).auto).to.deep.equal({ dir: '/workspace/source/.caches' });
  });

  it('keeps a workspace that cannot be written as it is', () => {
    const caches = [{ name: 'caches', dir: '/workspace/caches', readOnly: true }];
    expect(parse({ preset: 'npm' }, { caches }).caches[0]?.readOnly).to.equal(true);
    expect(parse({ preset: 'auto' }, { caches }).auto?.readOnly).to.equal(true);
  });

  it('computes the hash itself where the fetch of several presets had none', () => {
    const { noHash, hash } = parse({ preset: 'go,npm', hash: '' }, { verb: 'upload' });
    expect({ noHash, hash }).to.deep.equal({ noHash: undefined, hash: undefined });
  });

  it('refuses what cannot be', () => {
    const { source: _, ...withoutSource } = INPUT;
    expect(refusal(() => parseRequest({ ...withoutSource, params: { ...INPUT.params, preset: 'go' } }))).to.include(
      'needs the workspace `source`',
    );
    const two = [...INPUT.caches, { name: 'other', dir: '/workspace/other' }];
    expect(refusal(() => parse({ preset: 'go' }, { caches: two }))).to.include('bind one workspace');
    expect(refusal(() => parse({ preset: 'go', target: 'registry.example/app:x' }))).to.include('put {{workspace}}');
    expect(refusal(() => parse({ preset: 'build=go' }))).to.include('only resolvers know');
  });
});
