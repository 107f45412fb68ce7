import { describe, expect, it } from 'vitest'
import { beginPlayIn, linesOf } from '../support/command.ts'
import { projectCopy } from '../support/project-copy.ts'

describe('the doctor', () => {
  it('runs without installed packages, and ends with 3', async () => {
    const root = projectCopy({ installed: false })
    const ran = await beginPlayIn(root, 'doctor', '--json').ended
    expect(ran.code).toBe(3)
    const lines = linesOf(ran)
    expect(lines.at(-1)).toEqual({ kind: 'result', ok: false })
    const failed = lines.filter(({ how }) => how === 'failed').map(({ check }) => check)
    expect(failed).toEqual(['commands', 'packages', 'optional packages', 'journal'])
    expect(lines.find(({ check }) => check === 'packages')).toMatchObject({ fix: 'Install them: npm ci' })
  })

  it('runs by itself when a command cannot be loaded because a package is missing', async () => {
    const { code, out, err } = await beginPlayIn(projectCopy({ installed: false }), 'list').ended
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toContain("This command cannot be loaded: Cannot find package '")
    expect(err).toContain('Install them: npm ci')
  })
})
