import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createCoalescer } from "@/live/coalescer"

describe("coalescing of live events", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function start(tookMs = 10, restMs = 150) {
    const rounds: string[] = []
    let underWay = 0
    let most = 0
    const ask = createCoalescer<string>(
      async (key) => {
        rounds.push(key)
        most = Math.max(most, ++underWay)
        await new Promise((done) => setTimeout(done, tookMs))
        underWay--
      },
      () => restMs,
      () => Date.now(),
    )
    return { ask, rounds, most: () => most }
  }

  it("runs the first event at once", () => {
    const { ask, rounds } = start()
    ask("cases")
    expect(rounds).toEqual(["cases"])
  })

  it("makes one more round of a burst, and no round is lost", async () => {
    const { ask, rounds } = start()
    for (let event = 0; event < 100; event++) ask("cases")
    await vi.advanceTimersByTimeAsync(1000)
    expect(rounds).toHaveLength(2)
  })

  it("never has two rounds of a key under way", async () => {
    const { ask, most } = start(400)
    for (let event = 0; event < 20; event++) {
      ask("cases")
      await vi.advanceTimersByTimeAsync(60)
    }
    expect(most()).toBe(1)
  })

  it("rests after a round, longer after a slow one", async () => {
    const { ask, rounds } = start(400, 150)
    ask("cases")
    await vi.advanceTimersByTimeAsync(400)
    ask("cases")
    await vi.advanceTimersByTimeAsync(700)
    expect(rounds).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(200)
    expect(rounds).toHaveLength(2)
  })

  it("keeps keys apart", () => {
    const { ask, rounds } = start()
    ask("cases")
    ask("counts")
    expect(rounds).toEqual(["cases", "counts"])
  })
})
