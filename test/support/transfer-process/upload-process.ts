/** An upload in a process of its own, to be killed or frozen: `node upload-process.ts TARGET DIR [KERNEL]`. */
import { uploadTo } from '../entry/entry-at.ts';
import { kernel } from './other-kernel.ts';

const [target = '', dir = '', name] = process.argv.slice(2);
await uploadTo(target, dir, kernel(name));
