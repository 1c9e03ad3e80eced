/** When somebody last touched this page, by this computer's clock. */
let touchedAt = Date.now()

/** Asked this often while somebody is there, so that reading counts as being there. */
const sayEveryMs = 4 * 60_000

export function idleSeconds(): number {
  return Math.max(0, Math.floor((Date.now() - touchedAt) / 1000))
}

/**
 * Watches hands, not requests: this page asks things by itself, which must not keep an unattended
 * desk open. `say` is called every few minutes while the page is in use.
 */
export function watchHands(say: () => unknown): () => void {
  const touch = () => (touchedAt = Date.now())
  const signs = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]
  for (const sign of signs) addEventListener(sign, touch, { passive: true, capture: true })
  const timer = setInterval(() => {
    if (idleSeconds() * 1000 < sayEveryMs) say()
  }, sayEveryMs)
  return () => {
    clearInterval(timer)
    for (const sign of signs) removeEventListener(sign, touch, { capture: true })
  }
}
