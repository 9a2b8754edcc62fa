import { expect } from 'chai';

import {
  DockerConfigError,
  parseDockerConfig,
  selectEntries,
} from '../../../../../shared/store/auth/docker/docker-config.ts';

const auth = (user: string, password = 'secret'): string => Buffer.from(`${user}:${password}`).toString('base64');

/** Who is chosen, in order: user and password, a token, or a helper as `!name`. */
const choose = (config: unknown, registry: string, repository: string): readonly string[] =>
  selectEntries(parseDockerConfig(JSON.stringify(config), 'config.json'), registry, repository).map(
    ({ credential }) => {
      if (credential.kind === 'password') return `${credential.username}:${credential.password}`;
      if (credential.kind === 'helper') return `!${credential.name}`;
      return `${credential.kind}:${credential.kind === 'unusable' ? credential.why : credential.token}`;
    },
  );

const PATHS = {
  auths: {
    'registry.example.com': { auth: auth('host') },
    'registry.example.com/team': { auth: auth('team') },
    'registry.example.com/team/app': { auth: auth('app') },
    'registry.example.com:5000': { auth: auth('port') },
    'other.example.com': { auth: auth('other') },
  },
};

describe('selectEntries', () => {
  it('prefers the most specific path', () => {
    expect(choose(PATHS, 'registry.example.com', 'team/app')).to.deep.equal([
      'app:secret',
      'team:secret',
      'host:secret',
    ]);
    expect(choose(PATHS, 'registry.example.com', 'team/other')).to.deep.equal(['team:secret', 'host:secret']);
  });

  it('compares paths component by component', () => {
    expect(choose(PATHS, 'registry.example.com', 'teammate/app')).to.deep.equal(['host:secret']);
    expect(choose(PATHS, 'registry.example.com', 'x/team')).to.deep.equal(['host:secret']);
  });

  it('compares hosts as a whole, the port included', () => {
    expect(choose(PATHS, 'registry.example.com:5000', 'team/app')).to.deep.equal(['port:secret']);
    for (const registry of [
      'example.com',
      'registry.example.com.evil.org',
      'evilregistry.example.com',
      'registry.example.com:50',
    ]) {
      expect(choose(PATHS, registry, 'team/app'), registry).to.deep.equal([]);
    }
  });

  for (const server of [
    'https://index.docker.io/v1/',
    'docker.io',
    'index.docker.io',
    'registry-1.docker.io',
    'https://docker.io/v2',
  ]) {
    it(`knows ${server} as Docker Hub`, () => {
      expect(choose({ auths: { [server]: { auth: auth('hub') } } }, 'docker.io', 'library/ubuntu')).to.deep.equal([
        'hub:secret',
      ]);
    });
  }

  it('prefers a helper for the host, then what is written down, then the store for everything', () => {
    const config = {
      auths: { 'registry.example.com': { auth: auth('written') }, 'empty.example.com': {} },
      credHelpers: { 'registry.example.com': 'ecr-login' },
      credsStore: 'desktop',
    };
    expect(choose(config, 'registry.example.com', 'app')).to.deep.equal(['!ecr-login', 'written:secret', '!desktop']);
    expect(choose(config, 'empty.example.com', 'app')).to.deep.equal(['!desktop']);
  });

  it('reads every way to write a credential', () => {
    const of = (value: unknown): readonly string[] =>
      choose({ auths: { 'r.example.com': value } }, 'r.example.com', 'app');
    expect(of({ username: 'u', password: 'p' })).to.deep.equal(['u:p']);
    expect(of({ auth: auth('u', 'with:colon') })).to.deep.equal(['u:with:colon']);
    expect(of({ auth: Buffer.from('u:padded\0\0').toString('base64') })).to.deep.equal(['u:padded']);
    expect(of({ auth: auth('u'), identitytoken: 'refresh' })).to.deep.equal(['identity-token:refresh']);
    expect(of({ registrytoken: 'bearer' })).to.deep.equal(['registry-token:bearer']);
    expect(of({ auth: 42 })).to.deep.equal([]);
    expect(of('nonsense')).to.deep.equal([]);
  });

  it('reads a .dockercfg, which has no `auths` around it', () => {
    expect(choose({ 'https://r.example.com/v1/': { auth: auth('old') } }, 'r.example.com', 'app')).to.deep.equal([
      'old:secret',
    ]);
  });

  it('finds nothing in a configuration that is about other things', () => {
    expect(choose({ proxies: { default: {} } }, 'r.example.com', 'app')).to.deep.equal([]);
  });

  it('says which file is broken, and nothing of what is in it', () => {
    const text = '{"auths": {"r.example.com": {"auth": "c2VjcmV0"';
    expect(() => parseDockerConfig(text, 'dir/config.json'))
      .to.throw(DockerConfigError, 'dir/config.json')
      .with.property('message')
      .that.does.not.include('c2VjcmV0');
  });
});

describe('hosts in docker configurations', () => {
  const found = (server: string, registry: string): boolean =>
    selectEntries(
      parseDockerConfig(JSON.stringify({ auths: { [server]: { username: 'u', password: 'p' } } }), 'f'),
      registry,
      'team/app',
    ).length > 0;

  it('may have globs in each part, as the kubelet reads them', () => {
    const ecr = '123.dkr.ecr.eu-west-1.amazonaws.com';
    expect(found('*.dkr.ecr.*.amazonaws.com', ecr)).to.equal(true);
    expect(found('12?.dkr.ecr.eu-*-1.amazonaws.com/team', ecr)).to.equal(true);
    expect(found('*.amazonaws.com', ecr)).to.equal(false);
    expect(found('*.dkr.ecr.*.amazonaws.com', `${ecr}.evil.example`)).to.equal(false);
    expect(found('*.example.com:5000', 'r.example.com')).to.equal(false);
  });

  it('may have the port of https, or leave it out', () => {
    expect(found('https://r.example.com:443/v2/', 'r.example.com')).to.equal(true);
    expect(found('r.example.com', 'r.example.com:443')).to.equal(true);
    expect(found('r.example.com:444', 'r.example.com')).to.equal(false);
  });

  it('that are written out go before globs', () => {
    const auths = {
      '*.example.com': { username: 'any', password: 'p' },
      'r.example.com': { username: 'one', password: 'p' },
    };
    const [first] = selectEntries(parseDockerConfig(JSON.stringify({ auths }), 'f'), 'r.example.com', 'app');
    expect(first?.credential).to.include({ username: 'one' });
  });
});
