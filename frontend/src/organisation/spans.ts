/** Minutes in each unit of a target, the largest first. */
export const spans = { day: 1440, hour: 60, minute: 1 } as const

export type Span = keyof typeof spans

/** A target as people say it: the largest unit in which it is a whole number. */
export function splitMinutes(minutes: number): { number: number; span: Span } {
  const [span] = Object.entries(spans).find(([, size]) => minutes % size === 0) ?? ["minute"]
  return { number: minutes / spans[span as Span], span: span as Span }
}
