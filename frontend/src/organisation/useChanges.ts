import { useQueryClient } from "@tanstack/vue-query"
import { useI18n } from "vue-i18n"
import { keys } from "@/api/keys"
import { wordProblem } from "@/api/problem"
import { useToasts } from "@/shell/toasts"

/** After a change of who works where: read again what depends on it, and offer the way back. */
export function useChanges() {
  const client = useQueryClient()
  const toasts = useToasts()
  const { t } = useI18n()

  function refresh(): void {
    for (const queryKey of [keys.organisation, keys.me, keys.deputyships, keys.people])
      void client.invalidateQueries({ queryKey })
  }

  async function attempt(work: () => Promise<unknown>, done: string, undo?: () => Promise<unknown>) {
    try {
      await work()
      tell(done, undo)
    } catch (error) {
      toasts.warn(wordProblem(error, t("errors.offline"), t("errors.failed")))
      refresh()
    }
  }

  /** Says what was done; `undo` takes it back. */
  function tell(done: string, undo?: () => Promise<unknown>): void {
    const label = t("case.toast.undo")
    toasts.say(
      done,
      undo && { label, run: () => attempt(undo, t("case.toast.undone")) },
    )
    refresh()
  }

  return { attempt, tell }
}
