import type { LocationQuery, LocationQueryRaw } from "vue-router"
import type { CaseFilters } from "@/api/types"

const names = ["intent", "theme", "tenor", "assignee", "platform", "q", "team", "account"] as const

/** The filters an address asks for; what makes no sense is left out. */
export function readFilters(query: LocationQuery): CaseFilters {
  const filters: CaseFilters = { state: query.state === "closed" ? "closed" : "open" }
  for (const name of names) {
    const value = query[name]
    if (typeof value !== "string" || !value) continue
    if ((name === "team" || name === "account") && !/^[1-9]\d*$/.test(value)) continue
    filters[name] = value
  }
  return filters
}

/** The address for these filters; the everyday ones leave no trace in it. */
export function writeFilters(filters: CaseFilters): LocationQueryRaw {
  const { state, ...rest } = filters
  const query: LocationQueryRaw = state === "closed" ? { state } : {}
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined && value !== "") query[name] = String(value)
  }
  return query
}

/** The ones behind the filter button, for chips and for counting. */
export const panelFilters = ["team", "account", "platform", "intent", "theme", "tenor"] as const
export type PanelFilter = (typeof panelFilters)[number]
