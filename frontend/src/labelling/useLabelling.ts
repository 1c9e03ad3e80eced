import { useQuery, useQueryClient } from "@tanstack/vue-query"
import { computed, ref, watch } from "vue"
import { useI18n } from "vue-i18n"
import { answerLabelling, getLabelling, takeBackLabelling } from "@/api/calls"
import { keys } from "@/api/keys"
import { Problem, wordProblem } from "@/api/problem"
import type { LabelHead } from "@/api/types"
import { useToasts } from "@/shell/toasts"
import { answersOf, remaining, type Changes } from "./work"

/**
 * The weekly list, one post at a time. An answer goes out while the next post is already there; what
 * does not arrive comes back.
 */
export function useLabelling() {
  const { t } = useI18n()
  const client = useQueryClient()
  const toasts = useToasts()
  // A list that changes under one's hands would take away what one is reading.
  const query = useQuery({
    queryKey: keys.labelling,
    queryFn: getLabelling,
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  const answered = ref(new Set<number>())
  const skipped = ref<number[]>([])
  /** Steps to take back, the last one first: what was said, and whether it arrived. */
  const past = ref<{ id: number; changes: Changes; sent?: Promise<unknown> }[]>([])
  const changes = ref<Changes>({})

  const left = computed(() =>
    remaining(query.data.value?.tasks ?? [], answered.value, skipped.value),
  )
  const task = computed(() => left.value.at(0))
  const total = computed(() => query.data.value?.total ?? 0)
  const done = computed(() => total.value - left.value.length)

  watch(
    () => task.value?.id,
    () => (changes.value = {}),
    { flush: "sync" },
  )

  function warn(error: unknown): void {
    toasts.warn(wordProblem(error, t("errors.offline"), t("errors.failed")))
  }

  function putBack(id: number): void {
    answered.value = new Set([...answered.value].filter((one) => one !== id))
  }

  function change(head: LabelHead, value: string | string[] | boolean): void {
    changes.value = { ...changes.value, [head]: value }
  }

  function answer(): void {
    const current = task.value
    if (!current) return
    const said = answersOf(changes.value)
    if (!said.length) return void toasts.warn(t("labelling.nothingSaid"))
    const step = { id: current.id, changes: changes.value, sent: answerLabelling(current.id, said) }
    past.value.push(step)
    answered.value = new Set([...answered.value, current.id])
    step.sent.catch((error: unknown) => {
      past.value = past.value.filter(({ id }) => id !== current.id)
      // Somebody was first, or the post is gone: there is nothing left to say.
      const over = error instanceof Problem && [404, 409].includes(error.status)
      if (over) toasts.say(t("labelling.wasDone"))
      else {
        putBack(current.id)
        warn(error)
      }
    })
  }

  function skip(): void {
    if (!task.value) return
    past.value.push({ id: task.value.id, changes: changes.value })
    skipped.value = [...skipped.value, task.value.id]
  }

  async function undo(): Promise<void> {
    const step = past.value.pop()
    if (!step) return void toasts.say(t("case.toast.nothing"))
    if (step.sent) {
      try {
        await step.sent
        await takeBackLabelling(step.id)
      } catch (error) {
        warn(error)
        return
      }
      putBack(step.id)
      toasts.say(t("labelling.undone"))
    }
    // Before everything else again, with what was said of it.
    const tasks = query.data.value?.tasks ?? []
    const back = tasks.find(({ id }) => id === step.id)
    if (!back) return
    skipped.value = skipped.value.filter((id) => id !== step.id)
    client.setQueryData<typeof query.data.value>(keys.labelling, (known) =>
      known && { ...known, tasks: [back, ...known.tasks.filter(({ id }) => id !== step.id)] },
    )
    changes.value = step.changes
  }

  return { query, task, total, done, changes, past, change, answer, skip, undo }
}
