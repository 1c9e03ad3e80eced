import { useI18n } from "vue-i18n"
import type { LabelHead } from "@/api/types"
import { labelIcon } from "@/inbox/labels"
import type { ChoiceOption } from "@/ui/ChoiceDialog.vue"
import { useWording } from "@/ui/useWording"
import { labelHeads } from "./labelHeads"

/** What a label says, in words, and what it could say instead. */
export function useLabelWords() {
  const { t } = useI18n()
  const { word, choices } = useWording()

  function wordValue(head: LabelHead, value: string | string[] | boolean): string {
    if (typeof value === "boolean") return t(value ? "common.yes" : "common.no")
    if (Array.isArray(value))
      return value.map((theme) => word("theme", theme)).join(", ") || t("common.none")
    return value ? word(head as "intent" | "tenor", value) : t("common.unknown")
  }

  /** "Alles klopt", or which labels would be said to be right. */
  function wordConfirm(heads: readonly LabelHead[]): string {
    if (heads.length === labelHeads.length) return t("case.panel.confirm")
    if (heads.length > 2) return t("case.panel.confirmSome", { n: heads.length })
    return t("case.panel.confirmOnly", {
      heads: heads.map((head) => t(`case.panel.heads.${head}`).toLowerCase()).join(", "),
    })
  }

  function optionsFor(head: LabelHead): ChoiceOption<string | boolean>[] {
    switch (head) {
      case "intent":
      case "tenor":
        return choices(head).map(({ value }) => ({
          value,
          label: word(head, value),
          icon: labelIcon(value),
        }))
      case "themes":
        return choices("theme").map(({ value }) => ({ value, label: word("theme", value) }))
      default:
        return [
          { value: true, key: "j", label: t("common.yes") },
          { value: false, key: "n", label: t("common.no") },
        ]
    }
  }

  return { wordValue, wordConfirm, optionsFor }
}
