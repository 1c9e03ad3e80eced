import type { Clock } from "@/api/types"

export type Urgency = "late" | "soon" | "running" | "stopped"

export interface TimeLeft {
  urgency: Urgency
  /** Whole minutes until (or, when late, since) the moment it is due. */
  minutes: number
}

/** Under this share of the target, or this many minutes, a clock is called "soon". */
const soonShare = 0.25
const soonMinutes = 15

/**
 * How a running clock stands. Late counts up in started minutes and left counts down in started
 * minutes, so that "1 min" never means "0 seconds" on either side.
 */
export function timeLeft(dueAt: string, nowMs: number, targetMinutes?: number | null): TimeLeft {
  const left = (Date.parse(dueAt) - nowMs) / 60_000
  if (left <= 0) return { urgency: "late", minutes: Math.max(1, Math.ceil(-left)) }
  const soon = Math.max(soonMinutes, (targetMinutes ?? 0) * soonShare)
  return { urgency: left <= soon ? "soon" : "running", minutes: Math.ceil(left) }
}

export function clockLeft(clock: Clock, nowMs: number): TimeLeft {
  if (clock.stoppedAt) {
    const late = (Date.parse(clock.stoppedAt) - Date.parse(clock.dueAt)) / 60_000
    return { urgency: "stopped", minutes: Math.max(0, Math.ceil(late)) }
  }
  const target = (Date.parse(clock.dueAt) - Date.parse(clock.startedAt)) / 60_000
  return timeLeft(clock.dueAt, nowMs, target)
}

export interface Units {
  minute: string
  hour: string
  day: string
}

/** "8 min", "2 u 5 min", "1 d 3 u": at most two units, the smaller one dropped when it is zero. */
export function wordMinutes(minutes: number, units: Units): string {
  const [days, hours, rest] = [
    Math.floor(minutes / 1440),
    Math.floor((minutes % 1440) / 60),
    minutes % 60,
  ]
  if (days) return join([days, units.day], [hours, units.hour])
  if (hours) return join([hours, units.hour], [rest, units.minute])
  return `${rest} ${units.minute}`
}

function join([first, unit]: [number, string], [second, smaller]: [number, string]): string {
  return second ? `${first} ${unit} ${second} ${smaller}` : `${first} ${unit}`
}
