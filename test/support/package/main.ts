/** `npm run package`: the command line as dist/tekton-cache-VERSION.tgz, for `npm install -g FILE`. */
import { fileURLToPath } from 'node:url';
import { buildPackage } from './build-package.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
console.log(await buildPackage(repository, `${repository}dist`));
