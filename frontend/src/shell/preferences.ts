import { defineStore } from "pinia"
import { reactive, toRefs, watch } from "vue"

export type Scheme = "system" | "light" | "dark"

interface Preferences {
  scheme: Scheme
  /** Single-key shortcuts can be turned off (WCAG 2.1.4). */
  singleKeys: boolean
  /** The panel beside a case. */
  panel: boolean
}

const storageKey = "stadspraat.preferences"
const defaults: Preferences = { scheme: "system", singleKeys: true, panel: true }

function load(): Preferences {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(storageKey) ?? "{}") as object) }
  } catch {
    return { ...defaults }
  }
}

/** What one person likes on this computer. */
export const usePreferences = defineStore("preferences", () => {
  const preferences = reactive(load())
  watch(
    preferences,
    () => {
      localStorage.setItem(storageKey, JSON.stringify(preferences))
      showScheme(preferences.scheme)
    },
    { deep: true },
  )
  showScheme(preferences.scheme)
  return toRefs(preferences)
})

function showScheme(scheme: Scheme): void {
  const page = document.documentElement
  if (scheme === "system") delete page.dataset.scheme
  else page.dataset.scheme = scheme
}
