/** An upload in a process of its own, to be killed: `node upload-process.ts TARGET DIR`. */
import { uploadEntry } from '../../shared/entry/upload-entry.ts';
import { openStore } from '../../shared/store/open-store.ts';

const [target = '', dir = ''] = process.argv.slice(2);
const { store, reference } = openStore(target);
await uploadEntry({ store, reference, dir, paths: [], exclude: [], aliases: [], force: false });
await store.close();
