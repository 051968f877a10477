import type { PushedRef } from '@rondo/model'
import { git, spawnGit } from './git-process.ts'

const zeros = /^0+$/

/** See `GitHosting.reached`. A ref that was forced elsewhere since has not been reached: nobody can tell any more. */
export async function reached(path: string, { ref, after }: PushedRef): Promise<boolean> {
  const listed = (await git(['-C', path, 'for-each-ref', '--format=%(objectname) %(refname)', ref])).toString('utf8')
  // A name that is a folder lists what is in it.
  const now = listed
    .split('\n')
    .find((line) => line.slice(41) === ref)
    ?.slice(0, 40)
  if (zeros.test(after)) return now === undefined
  if (now === undefined) return false
  return now === after || contains(path, now, after)
}

async function contains(path: string, tip: string, revision: string): Promise<boolean> {
  const asking = spawnGit(['-C', path, 'merge-base', '--is-ancestor', revision, tip])
  asking.stdin.end()
  asking.stdout.resume()
  // 0: yes; 1: no; more: it never came here, or is no commit.
  return (await asking.ended) === 0
}
