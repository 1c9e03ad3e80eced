import type { CaseFilters, Period } from "./types"

/** Every query key of the program, so that what is read and what is made stale use the same words. */
export const keys = {
  me: ["me"] as const,
  organisation: ["organisation"] as const,
  allCases: ["cases"] as const,
  cases: (filters: CaseFilters) => ["cases", filters] as const,
  counts: ["case-counts"] as const,
  allOpened: ["case"] as const,
  case: (id: number) => ["case", id] as const,
  why: (caseId: number, mentionId: number) => ["why", caseId, mentionId] as const,
  labelling: ["labelling"] as const,
  viewers: (id: number) => ["viewers", id] as const,
  town: (period?: Period) => (period ? (["town", period] as const) : (["town"] as const)),
  mentions: (filters?: object) =>
    filters ? (["mentions", filters] as const) : (["mentions"] as const),
  sources: ["sources"] as const,
  people: ["people"] as const,
  deputyships: ["deputyships"] as const,
  archiveLog: ["archive-log"] as const,
  audit: (filters: object) => ["audit", filters] as const,
}
