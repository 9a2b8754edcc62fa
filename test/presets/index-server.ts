/** An index of packages on the loopback of a namespace without a network: `index-server.ts DIRECTORY PORT READY`. It prints each request. */
import { createReadStream, existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [directory = '', port = '', ready = ''] = process.argv.slice(2);

createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://index').pathname);
  process.stdout.write(`${request.method} ${path}\n`);
  const found = join(directory, path.split('/').includes('..') ? '' : path);
  const file = existsSync(found) && statSync(found).isDirectory() ? join(found, 'index.html') : found;
  if (!existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  const { size, mtimeMs } = statSync(file);
  const type = file.endsWith('.json') ? 'application/json' : file.endsWith('.html') ? 'text/html' : 'application/zip';
  // As public indices have it: a package never changes, a page of the index may.
  const age = type === 'application/zip' ? 'max-age=31536000, immutable' : 'no-cache';
  response.writeHead(200, {
    'content-type': type,
    'content-length': size,
    'cache-control': age,
    etag: `"${size}-${mtimeMs}"`,
  });
  if (request.method === 'HEAD') response.end();
  else createReadStream(file).pipe(response);
}).listen(Number(port), '127.0.0.1', () => writeFileSync(ready, ''));
