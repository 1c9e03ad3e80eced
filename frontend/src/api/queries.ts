import { useInfiniteQuery, useQuery } from "@tanstack/vue-query"
import { computed, toValue, type ComputedRef, type MaybeRefOrGetter } from "vue"
import { useLive } from "@/live"
import * as calls from "./calls"
import { keys } from "./keys"
import type { CaseFilters, Me, Organisation, Role } from "./types"

/** How often what is on screen is read again while the websocket is away; and while it is there, for
 * the word that got lost between two servers. */
const awayMs = 15_000
const liveMs = 60_000

export function useMe(): ComputedRef<Me> {
  const query = useQuery({ queryKey: keys.me, queryFn: calls.getMe, staleTime: Infinity })
  // Read before the first component is mounted, see main.ts.
  return computed(() => query.data.value as Me)
}

export function useRoles() {
  const me = useMe()
  const has = (...roles: Role[]) => roles.some((role) => me.value.roles.includes(role))
  return {
    has,
    works: computed(() => has("agent", "team_lead")),
    readsCases: computed(() =>
      has("agent", "team_lead", "adviser", "archivist", "privacy_officer"),
    ),
  }
}

export function useOrganisation(
  options: { refetchInterval?: number } = {},
): ComputedRef<Organisation | undefined> {
  const query = useQuery({
    queryKey: keys.organisation,
    queryFn: calls.getOrganisation,
    staleTime: 300_000,
    ...options,
  })
  return computed(() => query.data.value)
}

function useFallback() {
  const { state } = useLive()
  return computed(() => (state.value === "live" ? liveMs : awayMs))
}

export function useCases(filters: MaybeRefOrGetter<CaseFilters>) {
  return useInfiniteQuery({
    queryKey: computed(() => keys.cases(toValue(filters))),
    queryFn: ({ pageParam, signal }) => calls.getCases(toValue(filters), pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: useFallback(),
  })
}

export function useCounts(enabled: MaybeRefOrGetter<boolean>) {
  return useQuery({
    queryKey: keys.counts,
    queryFn: calls.getCounts,
    refetchInterval: useFallback(),
    enabled: computed(() => toValue(enabled)),
  })
}

export function useCase(id: MaybeRefOrGetter<number>) {
  return useQuery({
    queryKey: computed(() => keys.case(toValue(id))),
    queryFn: ({ signal }) => calls.getCase(toValue(id), signal),
    refetchInterval: useFallback(),
  })
}

export function useViewers(id: MaybeRefOrGetter<number>) {
  return useQuery({
    queryKey: computed(() => keys.viewers(toValue(id))),
    queryFn: () => calls.getViewers(toValue(id)),
    // A viewer whose browser died fades at the server without an event.
    refetchInterval: 20_000,
  })
}
