import { expect } from 'chai';

import type { ToolWork } from '../../../../support/samples/ecosystem/ecosystem.ts';
import { ECOSYSTEMS } from '../../../../support/samples/ecosystem/table.ts';

const workOf = (name: string, ...lines: readonly string[]): ToolWork | undefined =>
  ECOSYSTEMS.find((one) => one.name === name)?.work?.(lines);

describe('what tools say that they did', () => {
  it('is read from pip', () => {
    const work = workOf(
      'pip',
      '  Downloading http://10.0.0.1/pypi/files/flask-3.1.0-py3-none-any.whl (102 kB)',
      '  Using cached click-8.1.8-py3-none-any.whl',
      '  Building wheel for peewee (pyproject.toml): started',
      "  Building wheel for peewee (pyproject.toml): finished with status 'done'",
    );
    expect(work).to.deep.equal({ downloads: 1, compilations: 1 });
  });

  it('is read from Cargo', () => {
    const work = workOf(
      'cargo',
      '  Downloaded itoa v1.0.19',
      '   Compiling itoa v1.0.19',
      '   Compiling app v1.0.0 (/workspace/source)',
      '       Fresh serde v1.0.219',
    );
    expect(work).to.deep.equal({ downloads: 1, compilations: 2 });
  });

  it('is read from Maven', () => {
    const from = 'Downloaded from mirror: http://10.0.0.1/maven/junit/junit/4/junit-4';
    const work = workOf('maven', `[INFO] ${from}.pom (1 kB at 2 kB/s)`, `[INFO] ${from}.jar (1 kB at 2 kB/s)`);
    expect(work).to.deep.equal({ downloads: 2 });
  });

  it('is read from Gradle, which names a task again when nothing is to do', () => {
    const work = workOf(
      'gradle',
      'Download http://10.0.0.1/gradle/junit/junit/4.13.2/junit-4.13.2.pom',
      'Download http://10.0.0.1/gradle/junit/junit/4.13.2/junit-4.13.2.jar',
      ':compileJava',
      '> Task :compileTestJava',
      ':processResources NO-SOURCE',
    );
    expect(work).to.deep.equal({ downloads: 2, compilations: 2 });
    const warm = workOf('gradle', ':compileJava', ':compileJava FROM-CACHE', '> Task :compileTestJava UP-TO-DATE');
    expect(warm).to.deep.equal({ downloads: 0, compilations: 0 });
  });

  it('is read from Bundler', () => {
    const lines = ['Fetching source index from http://10.0.0.1/gems/', 'Fetching tilt 2.0.11', 'Using temple 0.8.2'];
    expect(workOf('bundler', ...lines)).to.deep.equal({ downloads: 1 });
  });

  it('is read from a container build', () => {
    const compile = '/usr/local/go/pkg/tool/linux_amd64/compile -o $WORK/b002/_pkg_.a -trimpath';
    const work = workOf('container-build', 'go: downloading golang.org/x/text v0.28.0', compile);
    expect(work).to.deep.equal({ downloads: 1, compilations: 1 });
  });

  it('is read from ccache, which has to say it', () => {
    const work = workOf('ccache', '  Hits:               1 /    4 (25.00%)', '  Misses:             3 /    4 (75.00%)');
    expect(work).to.deep.equal({ compilations: 3 });
    expect(workOf('ccache', 'cc -c x.c')?.compilations).to.be.NaN;
  });
});
