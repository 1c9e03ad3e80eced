import type { CaseEvent } from "@/api/types"

/** What a colleague or the resident did that an answer must take into account. */
const matters = new Set([
  "message",
  "message_edited",
  "message_deleted",
  "reply_queued",
  "reply_sent",
  "closed",
])

/** The events since `seenEvent` that a person who is writing has to know of. */
export function findNews(events: readonly CaseEvent[], seenEvent: number, myId: number): CaseEvent[] {
  return events.filter(
    ({ id, kind, actorId }) => id > seenEvent && matters.has(kind) && actorId !== myId,
  )
}

export function newestEvent(events: readonly CaseEvent[]): number {
  return events.reduce((newest, { id }) => Math.max(newest, id), 0)
}
