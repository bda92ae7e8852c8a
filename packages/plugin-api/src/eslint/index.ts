import { boundedStreams } from './bounded-streams.js'

/** A plugin for ESLint, with the rules of this contract. */
const plugin = { meta: { name: 'etsef' }, rules: { 'bounded-streams': boundedStreams } }

/** For a flat config: `import { recommended } from '@etsef/plugin-api/eslint'; export default [recommended]`. */
export const recommended = { plugins: { etsef: plugin }, rules: { 'etsef/bounded-streams': 'error' as const } }

export default plugin
