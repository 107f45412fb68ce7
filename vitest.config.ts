import { defineConfig } from 'vitest/config'

// XState ships two builds that differ in what they warn about and throw; everything is promised for both. Vitest asks for
// the development build by itself; the production build is what is left when only our own condition is asked for.
const build = process.env['XSTATE_BUILD'] ?? 'development'

export default defineConfig({
  resolve: { conditions: ['troupe-source'] },
  ssr: { resolve: { conditions: ['troupe-source'], externalConditions: ['troupe-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    execArgv:
      build === 'production'
        ? ['--conditions=troupe-source']
        : ['--conditions=development', '--conditions=troupe-source'],
  },
})
