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
});
