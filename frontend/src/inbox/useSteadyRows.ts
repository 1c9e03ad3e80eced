import { nextTick, ref, shallowRef, watch, type Ref } from "vue"
import type { CaseItem } from "@/api/types"
import { steady, type Row } from "./steady"

/** How long a row counts as new: as long as its animation. */
const newMs = 1200

interface Options {
  items: Ref<CaseItem[] | undefined>
  /** Changes when another list is asked for; rows of the old one are then let go at once. */
  listId: Ref<string>
  pages: Ref<number>
  box: Readonly<Ref<HTMLElement | null>>
  current: Ref<number | undefined>
}

/**
 * The rows on screen. What arrives live never moves the row under the pointer, the focused row or
 * the open one: those keep their place in the list and their place on the screen.
 */
export function useSteadyRows({ items, listId, pages, box, current }: Options) {
  const rows = shallowRef<Row<CaseItem>[]>([])
  const fresh = ref(new Set<number>())
  /** New rows outside the visible part of the list, to point at. */
  const unseen = ref({ above: [] as number[], below: [] as number[] })
  const spare = ref(0)
  const hovered = ref<number>()
  let shownList = ""
  let shownPages = 0

  const rowOf = (id: number | undefined) =>
    id === undefined ? null : (box.value?.querySelector<HTMLElement>(`[data-case="${id}"]`) ?? null)
  const idOf = (element: Element | null | undefined) => {
    const id = element?.closest<HTMLElement>("[data-case]")?.dataset.case
    return id === undefined ? undefined : Number(id)
  }

  function focused(): number | undefined {
    return box.value?.contains(document.activeElement) ? idOf(document.activeElement) : undefined
  }

  function isVisible(row: HTMLElement): boolean {
    if (!box.value) return false
    const [inner, outer] = [row.getBoundingClientRect(), box.value.getBoundingClientRect()]
    return inner.bottom > outer.top + 1 && inner.top < outer.bottom - 1
  }

  /** The row whose place on the screen is kept. */
  function findAnchor(): HTMLElement | null {
    for (const id of [hovered.value, focused(), current.value]) {
      const row = rowOf(id)
      if (row && isVisible(row)) return row
    }
    if (!box.value?.scrollTop) return null
    return [...box.value.querySelectorAll<HTMLElement>("[data-case]")].find(isVisible) ?? null
  }

  function settle(): void {
    const incoming = items.value ?? []
    const sameList = shownList === listId.value
    const known = new Set(rows.value.map(({ item }) => item.id))
    const held = new Set(
      [hovered.value, focused(), current.value].filter((id): id is number => id !== undefined),
    )
    const anchor = sameList ? findAnchor() : null
    const before = anchor?.getBoundingClientRect().top ?? 0
    rows.value = steady(sameList ? rows.value : [], incoming, sameList ? held : new Set())
    const arrived =
      sameList && shownPages === pages.value
        ? incoming.map(({ id }) => id).filter((id) => !known.has(id))
        : []
    shownList = items.value ? listId.value : ""
    shownPages = pages.value
    void nextTick(() => {
      if (anchor?.isConnected) keepInPlace(anchor, before)
      else if (!sameList && box.value) box.value.scrollTop = 0
      if (arrived.length) welcome(arrived)
    })
  }

  function keepInPlace(anchor: HTMLElement, before: number): void {
    const list = box.value
    const moved = anchor.getBoundingClientRect().top - before
    if (!list || Math.abs(moved) < 1) return
    const room = list.scrollHeight - list.clientHeight - list.scrollTop
    // A short list has nothing to scroll; room below makes it so for as long as it is needed.
    if (moved > room) spare.value += moved - room
    void nextTick(() => (list.scrollTop += moved))
  }

  function welcome(ids: number[]): void {
    fresh.value = new Set([...fresh.value, ...ids])
    setTimeout(() => {
      fresh.value = new Set([...fresh.value].filter((id) => !ids.includes(id)))
    }, newMs)
    const middle = (box.value?.getBoundingClientRect().top ?? 0) + 1
    for (const id of ids) {
      const row = rowOf(id)
      if (!row || isVisible(row)) continue
      unseen.value[row.getBoundingClientRect().top < middle ? "above" : "below"].push(id)
    }
  }

  function onScroll(): void {
    if (box.value?.scrollTop === 0) spare.value = 0
    const { above, below } = unseen.value
    if (!above.length && !below.length) return
    const hidden = (id: number) => {
      const row = rowOf(id)
      return row !== null && !isVisible(row)
    }
    unseen.value = { above: above.filter(hidden), below: below.filter(hidden) }
  }

  function onPointer(event: PointerEvent): void {
    hovered.value = event.pointerType === "mouse" ? idOf(event.target as Element) : undefined
  }

  function onLeave(): void {
    hovered.value = undefined
    settle()
  }

  watch([items, listId], settle, { immediate: true })
  // Rows that were only kept because they were open are let go when another one is opened.
  watch(current, settle)

  return { rows, fresh, unseen, spare, rowOf, focused, onScroll, onPointer, onLeave }
}
