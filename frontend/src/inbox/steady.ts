export interface Row<T> {
  item: T
  /** Left the list, but stays until the agent is off it. */
  gone: boolean
}

/**
 * The rows to show when `incoming` replaces `shown`: the new order, except that rows the agent is on
 * (`held`: under the pointer, focused or open) stay right behind the neighbour they stood behind,
 * also when they left the list.
 */
export function steady<T extends { id: number }>(
  shown: readonly Row<T>[],
  incoming: readonly T[],
  held: ReadonlySet<number>,
): Row<T>[] {
  const fresh = new Map(incoming.map((item) => [item.id, item]))
  const stays = (id: number) => held.has(id) && shown.some(({ item }) => item.id === id)
  const rows: Row<T>[] = incoming
    .filter((item) => !stays(item.id))
    .map((item) => ({ item, gone: false }))
  shown.forEach(({ item }, index) => {
    if (!stays(item.id)) return
    const row = { item: fresh.get(item.id) ?? item, gone: !fresh.has(item.id) }
    rows.splice(placeAfter(shown, index, rows), 0, row)
  })
  return rows
}

/** Right behind the nearest earlier neighbour that is still there; else before the nearest later one. */
function placeAfter<T extends { id: number }>(
  shown: readonly Row<T>[],
  index: number,
  rows: readonly Row<T>[],
): number {
  const at = new Map(rows.map(({ item }, place) => [item.id, place]))
  for (let before = index - 1; before >= 0; before--) {
    const place = at.get(shown[before].item.id)
    if (place !== undefined) return place + 1
  }
  for (let after = index + 1; after < shown.length; after++) {
    const place = at.get(shown[after].item.id)
    if (place !== undefined) return place
  }
  return 0
}

/** Where the cursor goes when its own row is gone: whatever now stands in its place. */
export function neighbour(ids: readonly number[], current: number, step: 1 | -1, lastPlace: number) {
  const place = ids.indexOf(current)
  if (place >= 0) return ids[place + step]
  return ids[Math.min(Math.max(lastPlace + (step > 0 ? 0 : -1), 0), ids.length - 1)]
}
