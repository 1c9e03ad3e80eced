/** An unbroken stretch of something long, oldest first, and the cursor of what stands before it. */
export interface Stretch<Item> {
  items: readonly Item[]
  next: string | null
}

/** What tells two items apart, and which of them comes first. */
export interface Order<Item> {
  key: (item: Item) => string
  compare: (one: Item, other: Item) => number
}

/**
 * The newest page laid over what was loaded before. Where so much came in between that the two no
 * longer touch, the page alone: what is missing is read again by whoever scrolls up.
 */
export function lay<Item>(
  kept: Stretch<Item> | undefined,
  page: Stretch<Item>,
  { key, compare }: Order<Item>,
): Stretch<Item> {
  const [first] = page.items
  const fresh = new Set(page.items.map(key))
  if (!kept || !first || !kept.items.some((item) => fresh.has(key(item)))) return page
  const older = kept.items.filter((item) => !fresh.has(key(item)) && compare(item, first) < 0)
  return older.length ? { items: [...older, ...page.items], next: kept.next } : page
}

/** What was loaded, with the page before it. */
export function extend<Item>(
  kept: Stretch<Item>,
  page: Stretch<Item>,
  { key }: Order<Item>,
): Stretch<Item> {
  const there = new Set(kept.items.map(key))
  const older = page.items.filter((item) => !there.has(key(item)))
  return { items: [...older, ...kept.items], next: page.next }
}

/** What was loaded, with `items` as they are now; those that stand before it all wait their turn. */
export function amend<Item>(
  kept: Stretch<Item>,
  items: readonly Item[],
  { key, compare }: Order<Item>,
): Stretch<Item> {
  const changed = new Map(items.map((item) => [key(item), item]))
  const [first] = kept.items
  const there = new Set(kept.items.map(key))
  const late = items.filter(
    (item) => !there.has(key(item)) && (kept.next === null || (first && compare(first, item) < 0)),
  )
  const now = [...kept.items.map((item) => changed.get(key(item)) ?? item), ...late]
  return { items: now.sort(compare), next: kept.next }
}
