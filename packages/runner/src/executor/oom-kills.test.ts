import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { countOomKills } from './oom-kills.js'

function countIn(files: Readonly<Record<string, string>>): number | undefined {
  const root = mkdtempSync(join(tmpdir(), 'etsef-oom-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const count = countOomKills(root)
  rmSync(root, { recursive: true })
  return count
}

const vmstat = { 'proc/vmstat': 'nr_free_pages 1\noom_kill 40\n' }

test('counts the kills of the own control group, of either version, before those of the machine', () => {
  expect(
    countIn({
      ...vmstat,
      'proc/self/cgroup': '0::/user/job\n',
      'sys/fs/cgroup/user/job/memory.events': 'low 0\noom 3\noom_kill 2\noom_group_kill 9\n',
    }),
  ).toBe(2)
  expect(
    countIn({
      ...vmstat,
      'proc/self/cgroup': '5:cpu,memory:/job\n0::/\n',
      'sys/fs/cgroup/memory/job/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
    }),
  ).toBe(3)
  // A container that sees its own group as the root of the mount.
  expect(
    countIn({ ...vmstat, 'proc/self/cgroup': '0::/outside\n', 'sys/fs/cgroup/memory.events': 'oom_kill 4\n' }),
  ).toBe(4)
  expect(countIn(vmstat)).toBe(40)
  expect(countIn({})).toBeUndefined()
})
