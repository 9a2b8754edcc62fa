/** This tool's own directory in a workspace (staging, stat cache): never hashed, stored, removed or named by users. */
export const RESERVED_DIRECTORY = '.tekton-cache';
