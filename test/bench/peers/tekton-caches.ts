/** Command line of tekton-caches; its key is one small file, as its hash is not what is measured. */
export const tektonCaches = (
  binary: string,
  verb: 'fetch' | 'upload',
  directory: string,
  key: string,
  registry: string,
): string => {
  const reference = `'oci://${registry}/peer/tekton-caches:{{hash}}'`;
  const place = verb === 'fetch' ? `--source ${reference}` : `--target ${reference}`;
  return `exec ${binary} ${verb} --insecure --pattern '**/corpus-key' --workingdir ${key} --folder ${directory} ${place}`;
};
