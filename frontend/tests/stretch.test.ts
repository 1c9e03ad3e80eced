import { describe, expect, it } from "vitest"
import type { CaseEvent } from "@/api/types"
import { amend, extend, lay, type Order, type Stretch } from "@/case/stretch"
import { touchedBy } from "@/case/useThread"

interface Said {
  id: number
  text?: string
}
const order: Order<Said> = { key: ({ id }) => String(id), compare: (a, b) => a.id - b.id }
const stretch = (from: number, to: number, next: string | null = `before ${from}`): Stretch<Said> => ({
  items: Array.from({ length: to - from + 1 }, (_, index) => ({ id: from + index })),
  next,
})
const ids = ({ items }: Stretch<Said>) => items.map(({ id }) => id)

describe("the newest page of a long thread", () => {
  it("is all there is at first", () => {
    expect(lay(undefined, stretch(5, 8), order)).toEqual(stretch(5, 8))
  })

  it("leaves older messages that were loaded where they are", () => {
    const kept = extend(stretch(5, 8), stretch(1, 4, null), order)
    const now = lay(kept, stretch(6, 9), order)
    expect(ids(now)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(now.next).toBe(null)
  })

  it("keeps what falls off it, so that no gap comes between it and what is before", () => {
    const now = lay(stretch(5, 8), stretch(7, 10), order)
    expect(ids(now)).toEqual([5, 6, 7, 8, 9, 10])
    expect(now.next).toBe("before 5")
  })

  it("stands alone when more came in than it holds", () => {
    expect(lay(stretch(5, 8), stretch(20, 23), order)).toEqual(stretch(20, 23))
  })

  it("says how a message is now", () => {
    const now = lay(stretch(1, 2), { items: [{ id: 1 }, { id: 2, text: "new" }], next: null }, order)
    expect(now.items.at(-1)).toEqual({ id: 2, text: "new" })
  })

  it("takes out of the older ones what moved into it", () => {
    const moved: Order<Said> = { ...order, compare: (a, b) => Number(b.id === 1) || a.id - b.id }
    const now = lay(stretch(1, 4), { items: [{ id: 3 }, { id: 4 }, { id: 1 }], next: "x" }, moved)
    expect(ids(now)).toEqual([2, 3, 4, 1])
  })
})

describe("a message that is read again by its name", () => {
  it("takes the place it had", () => {
    const now = amend(stretch(1, 3), [{ id: 2, text: "edited" }], order)
    expect(now.items).toEqual([{ id: 1 }, { id: 2, text: "edited" }, { id: 3 }])
  })

  it("comes in between when it was collected late", () => {
    const kept = { items: [{ id: 1 }, { id: 4 }], next: "before 1" }
    expect(ids(amend(kept, [{ id: 2 }], order))).toEqual([1, 2, 4])
  })

  it("waits for its page when that was not loaded", () => {
    expect(ids(amend(stretch(5, 6), [{ id: 2 }], order))).toEqual([5, 6])
  })
})

describe("what the history names", () => {
  const event = (id: number, kind: CaseEvent["kind"], data: CaseEvent["data"]): CaseEvent => ({
    id,
    kind,
    data,
    actorId: null,
    at: "2026-11-20T12:00:00Z",
  })
  const events = [
    event(1, "message", { mention: 7 }),
    event(2, "labelled", { mention: 8, head: "tenor" }),
    event(3, "reply_sent", { reply: 7 }),
    event(4, "undone", { event: 2, kind: "labelled", mention: 8 }),
    event(5, "message_edited", { mention: 8, revision: 1 }),
    event(6, "taken", { assignee: 2 }),
  ]

  it("is every message since, once", () => {
    expect(touchedBy(events, 2)).toEqual(["reply-7", "mention-8"])
  })

  it("is nothing when nothing happened", () => {
    expect(touchedBy(events, 6)).toEqual([])
  })
})
