import { createI18n } from "vue-i18n"
import { setLanguage } from "@/api/calls"
import nl from "./nl"

export type Messages = typeof nl
export type Language = "nl" | "en"

declare module "vue-i18n" {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the way vue-i18n is told its keys
  export interface DefineLocaleMessage extends Messages {}
}

export const i18n = createI18n({
  legacy: false,
  locale: "nl" as Language,
  fallbackLocale: "nl",
  messages: { nl } as Record<string, Messages>,
  missingWarn: false,
  fallbackWarn: false,
})

export function isLanguage(value: string): value is Language {
  return value === "nl" || value === "en"
}

/** Shows the program in this language; the other one is only fetched when somebody wants it. */
export async function showLanguage(language: Language): Promise<void> {
  if (language === "en" && !i18n.global.availableLocales.includes("en")) {
    i18n.global.setLocaleMessage("en", (await import("./en")).default)
  }
  i18n.global.locale.value = language
  document.documentElement.lang = language
}

export async function chooseLanguage(language: Language): Promise<void> {
  await showLanguage(language)
  await setLanguage(language)
}
