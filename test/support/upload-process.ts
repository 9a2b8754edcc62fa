/** An upload in a process of its own, to be killed: `node upload-process.ts TARGET DIR`. */
import { uploadTo } from './entry-at.ts';

const [target = '', dir = ''] = process.argv.slice(2);
await uploadTo(target, dir);
