import { expect } from 'chai';

import { readGoLog } from '../../../../support/samples/golang/go-log.ts';
import type { TimedLog } from '../../../../support/samples/timed-log.ts';

const said = (...lines: string[]): TimedLog => ({ lines, seconds: 1 });

describe('the log of go build -x', () => {
  it('counts the calls of the compiler and the modules that came', () => {
    const log = said(
      'go version go1.26.0 linux/amd64',
      'go: downloading golang.org/x/text v0.28.0',
      'WORK=/tmp/go-build1',
      'mkdir -p $WORK/b002/',
      'echo -n > $WORK/b002/go_asm.h # internal',
      '/usr/local/go/pkg/tool/linux_amd64/compile -o $WORK/b002/_pkg_.a -trimpath "$WORK/b002=>" -p errors',
      '/usr/local/go/pkg/tool/linux_amd64/link -o $WORK/b001/exe/a.out',
    );
    expect(readGoLog(log)).to.deep.equal({ compiled: 1, downloaded: 1 });
  });

  it('says that a build did nothing only when the build says what it does', () => {
    expect(readGoLog(said('go version', 'WORK=/tmp/go-build1'))).to.include({ compiled: 0, downloaded: 0 });
    expect(() => readGoLog(said('go version'))).to.throw('-x');
    expect(() => readGoLog(said())).to.throw('-x');
  });
});
