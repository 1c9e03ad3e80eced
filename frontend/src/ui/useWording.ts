import { computed } from "vue"
import { useI18n } from "vue-i18n"
import { useOrganisation } from "@/api/queries"
import type { Choice } from "@/api/types"
import { brandName } from "./platforms"

type Kind = "intent" | "tenor" | "theme" | "emotion" | "closeReason"

const zone = { timeZone: "Europe/Amsterdam" } as const

/** Words, names and times as people read them, in the language of the screen. */
export function useWording() {
  const { t, te, locale } = useI18n()
  const organisation = useOrganisation()

  const choices = (kind: Kind): Choice[] =>
    organisation.value?.[`${kind}s` as const satisfies `${Kind}s`] ?? []

  /** What the organisation calls it; in another language, or before that is known, our own word. */
  function word(kind: Kind, value: string): string {
    const theirs = choices(kind).find((choice) => choice.value === value)?.label
    const key = `words.${kind}.${value}`
    const ours = te(key, "nl") ? t(key) : undefined
    return (locale.value === "nl" ? (theirs ?? ours) : (ours ?? theirs)) ?? value
  }

  function platform(value: string): string {
    const key = `words.platform.${value}`
    return brandName(value) ?? (te(key, "nl") ? t(key) : value)
  }

  const person = (id: number | null) =>
    organisation.value?.people.find((colleague) => colleague.id === id)
  const personName = (id: number | null) => person(id)?.name ?? t("common.someone")
  const teamName = (id: number | null) =>
    organisation.value?.teams.find((team) => team.id === id)?.name ?? ""
  const account = (id: number | null) =>
    organisation.value?.accounts.find((candidate) => candidate.id === id)

  const formats = computed(() => {
    const make = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat(locale.value === "en" ? "en-GB" : "nl-NL", { ...zone, ...options })
    return {
      time: make({ hour: "2-digit", minute: "2-digit" }),
      day: make({ weekday: "short", day: "numeric", month: "short" }),
      full: make({ dateStyle: "full", timeStyle: "medium" }),
      key: make({ dateStyle: "short" }),
      relative: new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" }),
      number: new Intl.NumberFormat(locale.value === "en" ? "en-GB" : "nl-NL"),
    }
  })

  /** "14:03" today, "gisteren 14:03", "morgen 14:03", else "ma 16 nov 14:03". */
  function moment(at: string): string {
    const { time, day, key, relative } = formats.value
    const date = new Date(at)
    const clock = time.format(date)
    const days = [0, -1, 1] as const
    const near = days.find(
      (away) => key.format(date) === key.format(new Date(Date.now() + away * 86_400_000)),
    )
    if (near === 0) return clock
    return `${near === undefined ? day.format(date) : relative.format(near, "day")} ${clock}`
  }

  const fullMoment = (at: string) => formats.value.full.format(new Date(at))
  const dayOf = (at: string) => formats.value.day.format(new Date(at))
  const number = (value: number) => formats.value.number.format(value)
  const percent = (share: number) => String(Math.round(share * 100))
  const units = computed(() => ({
    minute: t("inbox.clock.minute"),
    hour: t("inbox.clock.hour"),
    day: t("inbox.clock.day"),
  }))

  return {
    word,
    choices,
    platform,
    person,
    personName,
    teamName,
    account,
    moment,
    fullMoment,
    dayOf,
    number,
    percent,
    units,
  }
}
