import type { QueryClient, QueryKey } from "@tanstack/vue-query"
import { keys } from "@/api/keys"
import { createCoalescer } from "./coalescer"
import type { EventType } from "./eventTypes"

/** Charts of days and weeks need not follow every post. */
const slowly = 5000
const quickly = 150

/** Which queries an event makes stale. A type the back end adds does not compile until it is here. */
export function staleKeys(event: EventType, id: number): QueryKey[] {
  switch (event) {
    case "case.opened":
      return [keys.allCases, keys.counts]
    case "case.changed":
      return [keys.case(id), keys.allCases, keys.counts]
    case "case.presence":
      return [keys.viewers(id)]
    case "source.changed":
      return [keys.sources, keys.organisation]
    case "town.changed":
      return [keys.town(), keys.mentions()]
    case "archive.changed":
      return [keys.organisation, keys.archiveLog]
    default:
      // An older page meeting a newer server has nothing to do until it is reloaded.
      event satisfies never
      return []
  }
}

const slow = new Set<unknown>([keys.town()[0], keys.mentions()[0]])

/**
 * Refetches what `queryKey` covers. An answer that is under way may have been made before the event, so
 * it is waited for, not counted on.
 */
async function readAgain(client: QueryClient, queryKey: QueryKey): Promise<void> {
  const underWay = () => client.getQueryCache().findAll({ queryKey, fetchStatus: "fetching" })
  for (let queries = underWay(); queries.length; queries = underWay())
    await Promise.allSettled(queries.map((query) => query.promise))
  await client.invalidateQueries({ queryKey }, { cancelRefetch: false })
}

/** Refetches what is on screen and stale, coalesced per key; what is not on screen is only marked. */
export function createInvalidator(client: QueryClient) {
  const ask = createCoalescer(
    (key: string) => readAgain(client, JSON.parse(key) as QueryKey),
    (key) => (slow.has((JSON.parse(key) as QueryKey)[0]) ? slowly : quickly),
  )
  return {
    apply(type: EventType, id: number): void {
      for (const key of staleKeys(type, id)) ask(JSON.stringify(key))
    },
    everything(): void {
      const queries = client.getQueryCache().getAll()
      for (const kind of new Set(queries.map(({ queryKey }) => queryKey[0]))) ask(JSON.stringify([kind]))
    },
  }
}
