import { expect } from 'chai';
import { CacheError } from '../../../shared/errors.ts';
import { readParams } from '../../../shared/request/read-params.ts';
import { parseRequest } from '../../../shared/request/request.ts';
import type { RequestInput } from '../../../shared/request/request.ts';
import type { CacheRequest } from '../../../shared/request/protocol.ts';

const CACHE = { name: 'cache', dir: '/workspace/cache' };
const INPUT: RequestInput = {
  verb: 'fetch',
  surface: 'customrun',
  params: { target: 'registry.example/app:{{hash}}', files: '**/go.sum' },
  source: '/workspace/source',
  caches: [CACHE],
  variables: { namespace: 'builds' },
  dockerConfigs: ['/secrets/a'],
};

function parse(params: Record<string, unknown>, input: Partial<RequestInput> = {}): CacheRequest {
  return parseRequest({ ...INPUT, ...input, params: { ...INPUT.params, ...params } });
}

function refusal(params: Record<string, unknown>, input: Partial<RequestInput> = {}): string {
  try {
    parse(params, input);
  } catch (error) {
    if (error instanceof CacheError && error.code === 'InvalidParams') return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(params)} was accepted.`);
}

describe('parseRequest', () => {
  it('fills in the defaults of the interface', () => {
    expect(parse({})).to.deep.equal({
      verb: 'fetch',
      target: 'registry.example/app:{{hash}}',
      files: ['**/go.sum'],
      source: '/workspace/source',
      caches: [CACHE],
      paths: [],
      exclude: [],
      fallbacks: [],
      aliases: [],
      mode: 'pull-push',
      onMiss: 'continue',
      onError: 'continue',
      clean: false,
      force: false,
      maxTimeMs: 0,
      insecure: false,
      dockerConfigs: ['/secrets/a'],
      variables: { namespace: 'builds' },
    });
  });

  it('takes the same values as strings and as JSON', () => {
    const strings = parse({ clean: 'true', fallbacks: 'r.example/a:b\nr.example/a:c', 'max-time': '1h5m30s' });
    const json = parse({ clean: true, fallbacks: ['r.example/a:b', 'r.example/a:c'], 'max-time': '65m30s' });
    expect(strings).to.deep.equal(json);
    expect(json).to.deep.include({ clean: true, maxTimeMs: 3_930_000 });
  });

  it('takes the empty string for a param that was not given', () => {
    const empty = { hash: '', paths: '', mode: '', clean: '', 'max-time': '', fallbacks: '', 'run-as': '' };
    expect(parse(empty)).to.deep.equal(parse({}));
  });

  describe('names', () => {
    it('refuses an unknown one with the nearest known', () => {
      expect(refusal({ onMiss: 'fail' })).to.equal('Param `onMiss` is unknown; did you mean `on-miss`?');
      expect(refusal({ fallback: 'x' })).to.include('`fallbacks`');
      expect(refusal({ zzzzzz: 'x' })).to.include('known are: target, files');
    });

    it('says for which verb and where a known one is', () => {
      expect(refusal({ force: 'true' })).to.equal('`force` is for upload only, this is fetch.');
      expect(refusal({ 'docker-config': '/x' })).to.include('only for: step, cli');
      expect(refusal({ 'run-as': '1' }, { surface: 'step' })).to.include('only for: customrun');
    });
  });

  describe('values', () => {
    it('refuses what is not of the type', () => {
      expect(refusal({ clean: 'yes' })).to.equal('`clean`: "yes" is not `true` or `false`.');
      expect(refusal({ mode: 'pul' })).to.include('one of pull-push, pull, push, off');
      expect(refusal({ mode: 'false' })).to.match(/without quotes is false: write "off"\.$/);
      expect(refusal({ mode: 'true' })).not.to.include('off without');
      expect(refusal({ 'max-time': '5 min' })).to.include('1h5m30s');
      expect(refusal({ files: { a: 1 } })).to.include('list of strings');
      expect(refusal({ files: [1] })).to.include('list of strings');
      expect(refusal({ target: ['a'] })).to.include('is not a string');
      expect(refusal({ 'run-as': '1:2:3:4' })).to.include('uid[:gid[:fsGroup]]');
      expect(refusal({ 'run-as': '2147483648' })).to.include('uid[:gid[:fsGroup]]');
    });

    it('refuses a hash whose result would be too long, or a list to Tekton', () => {
      expect(refusal({ files: '', hash: 'a'.repeat(200) })).to.include('more than');
      expect(refusal({ files: '', hash: '["a"]' })).to.include('take such a result for a list');
    });

    it('refuses a reference that Tekton left as it is', () => {
      expect(refusal({ target: 'r.example/a:$(params.tag)' })).to.include('Tekton did not replace');
      expect(refusal({ fallbacks: ['r.example/a:b', '$(params.x)'] })).to.include('`fallbacks`');
      expect(refusal({ hash: '$(tasks.fetch.results.hash)' }, { verb: 'upload' })).to.include('`hash`');
      expect(refusal({ hash: '$(steps.x.results.hash)' }, { surface: 'step' })).to.include('`hash`');
    });

    it('keeps paths and globs inside of the workspace', () => {
      for (const name of ['files', 'exclude', 'paths']) {
        for (const text of ['/etc', '../x', 'a/../b', 'a/..', '{..,b}/c']) {
          if (name === 'paths' && text.startsWith('{')) continue;
          expect(refusal({ [name]: [text] }), `${name} ${text}`).to.include(`\`${name}\``);
        }
      }
      expect(refusal({ paths: '.tekton-cache/x' })).to.include("tool's own directory");
      expect(refusal({ files: '!**/x' })).to.include('excluding globs');
      expect(parse({ exclude: 'a..b/..c' }).exclude).to.deep.equal(['a..b/..c']);
    });
  });

  it('writes paths in normal form, without those inside of others', () => {
    expect(parse({ paths: ['./a/b/', 'c//d', 'a', 'a-b'] }).paths).to.deep.equal(['c/d', 'a', 'a-b']);
    expect(parse({ paths: ['a', '.'] }).paths).to.deep.equal([]);
  });

  describe('required params', () => {
    it('wants a target, unless the configuration has one', () => {
      expect(refusal({ target: '' })).to.include('`target` is required');
      expect(parse({ target: '' }, { defaults: { target: 'r.example/d:{{hash}}' } }).target).to.equal(
        'r.example/d:{{hash}}',
      );
    });

    it('wants files or a hash where a template uses the hash', () => {
      expect(refusal({ files: '' })).to.include('`files` is required');
      expect(refusal({ files: '', target: 'r.example/a:b', fallbacks: 'r.example/a:{{hash}}' })).to.include('`files`');
      expect(parse({ files: '', hash: 'abc' }).hash).to.equal('abc');
      expect(parse({ files: '', target: 'r.example/a:b' }).files).to.deep.equal([]);
    });

    it('wants a source for files', () => {
      const { source, ...unbound } = INPUT;
      expect(source).to.be.a('string');
      expect(() => parseRequest(unbound)).to.throw(CacheError, '`files` needs the workspace `source`');
    });

    it('wants paths when only the source is bound, and then caches those', () => {
      expect(refusal({}, { caches: [] })).to.include('`paths` is required');
      expect(parse({ paths: 'node_modules' }, { caches: [] })).to.deep.include({
        caches: [{ name: 'source', dir: '/workspace/source' }],
        paths: ['node_modules'],
      });
    });
  });

  describe('hash of an upload', () => {
    const upload: Partial<RequestInput> = { verb: 'upload' };

    it('is an outcome when the fetch left it empty or unexpanded', () => {
      expect(parse({ files: '', hash: '' }, upload)).to.include({ noHash: true });
      expect(
        parse({ files: '', hash: '$(steps.cache-fetch.results.hash)' }, { ...upload, surface: 'step' }),
      ).to.include({
        noHash: true,
      });
      expect(parse({ hash: '$(steps.cache-fetch.results.hash)' }, { ...upload, surface: 'step' })).to.include({
        noHash: true,
      });
    });

    it('is computed when it is empty and there are files', () => {
      expect(parse({ hash: '' }, upload)).not.to.have.any.keys('noHash', 'hash');
    });

    it('has at most the length of a tag', () => {
      expect(refusal({ hash: 'a'.repeat(129) })).to.include('128');
    });
  });

  describe('templates', () => {
    it('refuses unknown variables with the nearest', () => {
      expect(refusal({ target: 'r.example/a:{{hsh}}' })).to.include('did you mean `hash`?');
      expect(refusal({ fallbacks: 'r.example/a:{{hash}' })).to.include('no partner');
    });

    it('refuses variables that are not known in this place', () => {
      expect(refusal({ target: 'r.example/{{pipeline}}' })).to.include('only the name of a run');
      expect(refusal({ target: 'r.example/{{task}}' })).to.include('resolvers only');
      const target = 'r.example/{{pipeline}}:{{hash}}-{{arch}}';
      expect(parse({ target }, { variables: { pipeline: 'build' } }).target).to.equal(target);
    });
  });

  it('narrows the mode by the annotation of the run', () => {
    expect(parse({}, { modeAnnotation: 'off' }).mode).to.equal('off');
    expect(parse({ mode: 'pull' }, { modeAnnotation: 'push' }).mode).to.equal('off');
    expect(parse({ mode: 'off' }, { modeAnnotation: 'pull-push' }).mode).to.equal('off');
    expect(refusal({}, { modeAnnotation: 'none' })).to.include('cache.tekton.dev/mode');
  });

  it('verifies as strictly as the stricter of the param and the configuration say', () => {
    expect(parse({}).verify).to.equal(undefined);
    expect(parse({ verify: 'warn' }).verify).to.equal('warn');
    expect(parse({ verify: 'off' }, { verify: 'require' }).verify).to.equal('require');
    expect(parse({ verify: 'require' }, { verify: 'warn' }).verify).to.equal('require');
    expect(refusal({ verify: 'yes' })).to.contain('`verify`');
  });

  it('allows insecure only for registries that the configuration lists', () => {
    const insecureRegistries = ['registry.example'];
    expect(parse({ insecure: true }, { insecureRegistries }).insecure).to.equal(true);
    expect(parse({ insecure: true }).insecure).to.equal(true);
    expect(refusal({ insecure: true, target: 'other.example/a:{{hash}}' }, { insecureRegistries })).to.include(
      'other.example',
    );
  });

  it('looks for credentials in docker-config first', () => {
    const step = parse({ 'docker-config': '/mine' }, { surface: 'step' });
    expect(step.dockerConfigs).to.deep.equal(['/mine', '/secrets/a']);
  });

  describe('of an upload of several caches', () => {
    const caches = ['a', 'b'].map((name) => ({ name, dir: `/workspace/${name}` }));
    const upload = { verb: 'upload', caches } as const;

    it('refuses a target or an alias that is the same for two of them', () => {
      const sentence =
        '`target`: "r/x:1" is the same for the caches `a` and `b`, and an image holds one cache: put {{workspace}} into it.';
      expect(refusal({ target: 'r/x:1', files: '' }, upload)).to.equal(sentence);
      const aliases = { target: 'r/x:{{workspace}}', files: '', aliases: 'main' };
      expect(refusal(aliases, upload)).to.include('`aliases`: "main" is the same for');
    });

    it('takes those that are not, and one target for two fetches', () => {
      expect(parse({ target: 'r/x:{{workspace}}', files: '' }, upload).caches).to.have.length(2);
      expect(parse({ target: 'r/{{workspace}}:1', files: '', aliases: 'main' }, upload).caches).to.have.length(2);
      expect(parse({ target: 'r/x:1', files: '' }, { caches }).caches).to.have.length(2);
    });
  });

  it('refuses so many caches that their results would not come back', () => {
    const caches = (count: number, length: number) =>
      Array.from({ length: count }, (_, at) => ({ name: String(at).padStart(length, 'w'), dir: `/w/${at}` }));
    expect(parse({}, { caches: caches(7, 63) }).caches).to.have.length(7);
    expect(refusal({}, { caches: caches(9, 63) })).to.include('do not fit');
    expect(parse({}, { caches: caches(9, 63), surface: 'step' }).caches).to.have.length(9);
  });
});

describe('a list that was quoted once too often', () => {
  it('is refused with a sentence', () => {
    const read = (files: unknown) => readParams({ verbs: ['fetch'], surface: 'customrun', params: { files } });
    expect(() => read('["a.lock", "b.lock"]')).to.throw('is JSON in a string');
    expect(() => read('"a.lock"')).to.throw('has quotes around it');
    expect(() => read(["'a.lock'"])).to.throw('has quotes around it');
    expect(read('[ab].lock').files).to.deep.equal(['[ab].lock']);
  });
});
