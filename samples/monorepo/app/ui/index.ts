export const greeting: string = 'built with tekton-cache';
