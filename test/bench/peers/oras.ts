/** oras keeps a directory as one layer, a tar compressed with gzip; pulled it is a directory of that name. */
export const orasPush = (program: string, parent: string, name: string, reference: string): string =>
  `cd ${parent} && ${program} push --plain-http --no-tty ${reference} ${name} >/dev/null`;

export const orasPull = (program: string, directory: string, reference: string): string =>
  `${program} pull --plain-http --no-tty -o ${directory} ${reference} >/dev/null`;
