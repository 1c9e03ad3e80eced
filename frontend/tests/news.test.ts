import { describe, expect, it } from "vitest"
import type { CaseEvent } from "@/api/types"
import { findNews, newestEvent } from "@/case/news"

const event = (id: number, kind: CaseEvent["kind"], actorId: number | null): CaseEvent => ({
  id,
  kind,
  actorId,
  at: "2026-11-20T12:00:00Z",
  data: {},
})

describe("news while somebody writes an answer", () => {
  const events = [
    event(1, "opened", null),
    event(2, "taken", 2),
    event(3, "message", null),
    event(4, "reply_queued", 2),
    event(5, "reply_queued", 9),
  ]

  it("is what the resident and colleagues said since", () => {
    expect(findNews(events, 1, 9).map(({ id }) => id)).toEqual([3, 4])
  })

  it("is not what was there when writing began", () => {
    expect(findNews(events, newestEvent(events), 9)).toEqual([])
  })
})
