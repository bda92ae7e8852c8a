/** Folders of a store. */
export const storeFolders = {
  artifacts: 'store',
  runs: 'runs',
  logs: 'logs',
  temporary: 'tmp',
  checkpoints: 'checkpoints',
  locks: 'locks',
  corrupt: 'corrupt',
  cache: 'cache',
  statCache: 'stat-cache',
  /** Decoded pictures of sources, by the key of the artifact. */
  pictures: 'pictures',
} as const
