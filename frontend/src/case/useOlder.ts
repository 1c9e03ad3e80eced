import { computed, ref, shallowRef, watch } from "vue"
import { useI18n } from "vue-i18n"
import { wordProblem } from "@/api/problem"
import { useToasts } from "@/shell/toasts"
import { amend, extend, lay, type Order, type Stretch } from "./stretch"

/**
 * The newest page of something long, as the server keeps telling it, and the pages before it that
 * somebody asked for. Those are read once: an event refetches the newest page only.
 */
export function useOlder<Item>(
  newest: () => Stretch<Item> | undefined,
  load: (cursor: string) => Promise<Stretch<Item>>,
  order: Order<Item>,
) {
  const { t } = useI18n()
  const toasts = useToasts()
  const kept = shallowRef<Stretch<Item>>()
  const busy = ref(false)
  watch(
    newest,
    (page) => {
      if (page) kept.value = lay(kept.value, page, order)
    },
    { immediate: true },
  )

  return {
    items: computed(() => kept.value?.items ?? []),
    more: computed(() => kept.value?.next != null),
    busy,
    /** Adds the page before the first one; says how many items that brought. */
    async load(): Promise<number> {
      const from = kept.value
      if (!from?.next || busy.value) return 0
      busy.value = true
      try {
        const page = await load(from.next)
        // What was loaded may have been let go of meanwhile: then this page no longer touches it.
        if (kept.value?.next !== from.next) return 0
        kept.value = extend(kept.value, page, order)
        return page.items.length
      } catch (error) {
        toasts.warn(wordProblem(error, t("errors.offline"), t("errors.failed")))
        return 0
      } finally {
        busy.value = false
      }
    },
    /** Puts in what changed of it. */
    amend(items: readonly Item[]): void {
      if (kept.value) kept.value = amend(kept.value, items, order)
    },
    /** Lets go of all but the newest page. */
    forget(): void {
      kept.value = newest()
    },
  }
}

export type Older<Item> = ReturnType<typeof useOlder<Item>>
