import { QueryClient, QueryObserver } from "@tanstack/vue-query"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { keys } from "@/api/keys"
import { createInvalidator } from "@/live/invalidate"

describe("what an event makes stale", () => {
  let client: QueryClient
  let invalidator: ReturnType<typeof createInvalidator>
  let leave: () => void
  /** What the server holds, and how long an answer of it is under way. */
  let truth: string
  let travelMs: number

  beforeEach(() => {
    vi.useFakeTimers()
    client = new QueryClient()
    invalidator = createInvalidator(client)
    truth = "no case"
    travelMs = 50
    const inbox = new QueryObserver(client, {
      queryKey: keys.cases({ state: "open" }),
      queryFn: async () => {
        const answer = truth
        await new Promise((arrived) => setTimeout(arrived, travelMs))
        return answer
      },
    })
    leave = inbox.subscribe(() => undefined)
  })
  afterEach(() => {
    leave()
    client.clear()
    vi.useRealTimers()
  })

  const shown = () => client.getQueryData(keys.cases({ state: "open" }))

  it("is read again", async () => {
    await vi.advanceTimersByTimeAsync(100)
    expect(shown()).toBe("no case")
    truth = "a case"
    invalidator.apply("case.opened", 1)
    await vi.advanceTimersByTimeAsync(100)
    expect(shown()).toBe("a case")
  })

  it("is read again also when the first answer is still under way", async () => {
    truth = "a case"
    invalidator.apply("case.opened", 1)
    await vi.advanceTimersByTimeAsync(200)
    expect(shown()).toBe("a case")
  })

  it("is read again when the connection opens while the first answer is still under way", async () => {
    truth = "a case"
    invalidator.everything()
    await vi.advanceTimersByTimeAsync(200)
    expect(shown()).toBe("a case")
  })

  it("leaves alone what the event does not concern", async () => {
    await vi.advanceTimersByTimeAsync(100)
    truth = "a case"
    invalidator.apply("source.changed", 1)
    await vi.advanceTimersByTimeAsync(500)
    expect(shown()).toBe("no case")
  })
})
