import { computed } from "vue"
import { useMe, useOrganisation, useRoles } from "@/api/queries"

/**
 * The colleagues whose absence one may arrange: for a team lead those who work in no team but the
 * team lead's own, so that no team opens that was closed. The server decides; this spares a refusal.
 */
export function useArrangeable() {
  const organisation = useOrganisation()
  const me = useMe()
  const { has } = useRoles()
  return computed(() => {
    const own = new Set(me.value.visibleTeams)
    return (organisation.value?.people ?? []).filter(
      ({ active, teamIds }) =>
        active &&
        (has("administrator") || (teamIds.length > 0 && teamIds.every((id) => own.has(id)))),
    )
  })
}
