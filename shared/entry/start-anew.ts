/** What is there already cannot be built upon after all: the upload begins again without it, and sends everything. */
export class StartAnew extends Error {}
