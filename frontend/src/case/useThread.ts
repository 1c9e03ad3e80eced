import { computed, watch } from "vue"
import { getMessages, getOlderMessages } from "@/api/calls"
import type { Case, CaseEvent, Message } from "@/api/types"
import { newestEvent } from "./news"
import type { Order } from "./stretch"
import { useOlder } from "./useOlder"

const keyOf = ({ type, id }: Pick<Message, "type" | "id">) => `${type}-${id}`
const at = (message: Message) =>
  Date.parse(message.type === "mention" ? message.postedAt : (message.sentAt ?? message.createdAt))

/** As the server orders them: by when it was said, and of one moment the message before the answer. */
export const messageOrder: Order<Message> = {
  key: keyOf,
  compare: (one, other) =>
    at(one) - at(other) || one.type.localeCompare(other.type) || one.id - other.id,
}

/** The messages that the steps after `since` are about, by the name the API gives them. */
export function touchedBy(events: readonly CaseEvent[], since: number): string[] {
  const touched = events
    .filter(({ id }) => id > since)
    .flatMap(({ data }) =>
      (["mention", "reply"] as const).flatMap((type) =>
        typeof data[type] === "number" ? keyOf({ type, id: data[type] }) : [],
      ),
    )
  return [...new Set(touched)]
}

/**
 * The messages of one case: the newest, older ones as far as somebody read back, and before the gap
 * what an answer depends on. Of what is older, only that is read again which the history names.
 */
export function useThread(caseId: number, dossier: () => Case | undefined) {
  const older = useOlder(
    () => {
      const now = dossier()
      return now && { items: now.messages, next: now.older.messages }
    },
    (cursor) => getOlderMessages(caseId, cursor),
    messageOrder,
  )
  let seen = Infinity
  watch(
    () => dossier()?.events,
    async (events = []) => {
      const since = seen
      seen = newestEvent(events)
      const newest = new Set(dossier()?.messages.map(keyOf))
      if (seen <= since || older.items.value.length <= newest.size) return
      // More happened than the newest page of the history tells.
      if (events[0] && events[0].id > since && dossier()?.older.events) return older.forget()
      const touched = touchedBy(events, since).filter((key) => !newest.has(key))
      // Whatever goes wrong, the next step or the next visit reads again.
      if (touched.length) await getMessages(caseId, touched).then(older.amend, () => undefined)
    },
    { immediate: true },
  )

  const pinned = computed(() => {
    const there = new Set(older.items.value.map(keyOf))
    return (dossier()?.pinned ?? []).filter((message) => !there.has(keyOf(message)))
  })
  return {
    ...older,
    messages: computed(() => [...pinned.value, ...older.items.value]),
    /** How many of them stand before the gap. */
    pinned: computed(() => pinned.value.length),
  }
}

export type ThreadState = ReturnType<typeof useThread>
