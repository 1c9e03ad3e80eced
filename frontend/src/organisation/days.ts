import type { Deputyship } from "@/api/types"

export type When = "now" | "coming" | "over"

/** Today where the municipality is, as the API writes a day. */
export const today = (at = new Date()) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Amsterdam" }).format(at)

/** Whether a deputyship holds on `day`; both ends are included. */
export function whenOf({ starts, ends }: Pick<Deputyship, "starts" | "ends">, day: string): When {
  return ends < day ? "over" : starts > day ? "coming" : "now"
}
