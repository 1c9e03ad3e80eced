import { ref } from "vue"

/** Milliseconds the server's clock is ahead of this computer's. */
let ahead = 0

/** Now by the server's clock, ticking every few seconds for everything that counts down. */
export const now = ref(Date.now())

/** Learns the server's time from a `Date` header, which is cut off to whole seconds. */
export function learnServerTime(header: string | null): void {
  const server = header ? Date.parse(header) : NaN
  if (Number.isNaN(server)) return
  const difference = server + 500 - Date.now()
  // Within the header's own grain there is nothing to learn.
  ahead = Math.abs(difference) < 1500 ? 0 : difference
}

export function serverNow(): number {
  return Date.now() + ahead
}

export function startTicking(everyMs = 5000): () => void {
  const timer = setInterval(() => (now.value = serverNow()), everyMs)
  return () => clearInterval(timer)
}
