import { ref, watch, type Ref } from "vue"

/** A text being written that survives a reload or a log-in of this tab, and nothing else. */
export function useKeptText(name: string): Ref<string> {
  const key = `stadspraat.${name}`
  const text = ref(sessionStorage.getItem(key) ?? "")
  watch(text, (now) => {
    if (now) sessionStorage.setItem(key, now)
    else sessionStorage.removeItem(key)
  })
  return text
}
