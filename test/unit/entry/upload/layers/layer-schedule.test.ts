import { expect } from 'chai';
import { FRAME_BYTES } from '../../../../../shared/archive/format.ts';
import { framesOfLayer } from '../../../../../shared/entry/upload/layers/layer-schedule.ts';

/** docs/format.md, section 1. */
const MAX_COLD_LAYERS = 48;

describe('the layers of a first upload', () => {
  it('hold 100 GiB before there are too many, with the index', () => {
    let bytes = 0;
    for (let layer = 0; layer < MAX_COLD_LAYERS - 1; layer++) bytes += framesOfLayer(layer) * FRAME_BYTES;
    expect(bytes).to.be.greaterThan(100 * 2 ** 30);
  });

  it('are many where there is little', () => {
    expect(Array.from({ length: 20 }, (_, layer) => framesOfLayer(layer))).to.deep.equal(
      Array.from({ length: 20 }, () => 1),
    );
  });
});
