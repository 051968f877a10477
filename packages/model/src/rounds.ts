interface Asker<Asked, Answer> {
  readonly asked: Asked
  readonly answer: PromiseWithResolvers<Answer>
}

/**
 * Serves in rounds: who asks while a round is under way is served in the next, all of them together, at most `most` at once.
 * Nobody is kept waiting for others to come, so alone it is as fast as without; many cost what a few cost. `serve` answers in
 * the order of what was asked; what it throws, all of its round get.
 */
export function createRounds<Asked, Answer>(
  serve: (asked: readonly Asked[]) => Promise<readonly Answer[]>,
  most = Number.POSITIVE_INFINITY,
): (asked: Asked) => Promise<Answer> {
  let waiting: Asker<Asked, Answer>[] = []
  let working = false

  async function work(): Promise<void> {
    working = true
    while (waiting.length > 0) {
      const round = waiting.slice(0, most)
      waiting = waiting.slice(most)
      try {
        const answers = await serve(round.map((one) => one.asked))
        for (const [index, one] of round.entries()) one.answer.resolve(answers[index]!)
      } catch (error) {
        for (const one of round) one.answer.reject(error)
      }
    }
    working = false
  }

  return (asked) => {
    const answer = Promise.withResolvers<Answer>()
    waiting.push({ asked, answer })
    if (!working) void work()
    return answer.promise
  }
}
