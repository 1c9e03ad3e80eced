import { ref } from "vue"
import { useI18n } from "vue-i18n"
import { Problem, wordProblem } from "@/api/problem"

/** A form that is sent: whether it is under way, what went wrong, and beside which of `fields`. */
export function useSaving(fields: readonly string[]) {
  const { t } = useI18n()
  const busy = ref(false)
  const failure = ref<Problem>()
  const problem = ref("")
  const about = (field: string) => failure.value?.about(field)

  return {
    busy,
    /** The sentence above the form; what is said beside a field need not be said twice. */
    problem,
    about,
    /** Does `work`; says whether that went well. */
    async save(work: () => Promise<unknown>): Promise<boolean> {
      if (busy.value) return false
      busy.value = true
      failure.value = undefined
      problem.value = ""
      try {
        await work()
        return true
      } catch (error) {
        if (error instanceof Problem) failure.value = error
        problem.value = fields.some(about)
          ? t("errors.fields")
          : wordProblem(error, t("errors.offline"), t("errors.failed"))
        return false
      } finally {
        busy.value = false
      }
    },
  }
}
